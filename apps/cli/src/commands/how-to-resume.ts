import { PlatformError } from "@sequitur/core";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Runs an experiment that writes to `out`; when it is stopped, the error says what is kept and how to go on. */
export async function orSayHowToResume<T>(out: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code !== "cancelled") throw error;
    const kept = existsSync(join(out, ".progress"))
      ? `finished parts are kept in ${out}; the same command with --out ${out} --resume goes on.`
      : "nothing was written.";
    throw new PlatformError("cancelled", `stopped: ${kept}`, { cause: error });
  }
}
