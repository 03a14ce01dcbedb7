import { availableParallelism, cpus, release, totalmem, type as systemName } from "node:os";

/** One line that says what the timings were taken on. */
export function machineText(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  return `${model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${systemName()} ${release()}`;
}
