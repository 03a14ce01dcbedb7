import { createInterface } from "node:readline";
import { engineMemory, selectBackend, tf } from "../src/index.js";
import { STEP_CASES, type StepCase, type Stepper } from "./step-cases.js";

/**
 * Runs our steps on as many threads as its argument says, in a process of its own: one JSON request per line,
 * {"case", "dropout", "ms"}, answered by one line {"times": [ms, ...], "mebibytes", "tensors"}.
 */
interface Request {
  readonly case: StepCase;
  readonly dropout: number;
  readonly ms: number;
}

await selectBackend("sequitur", { threads: Number(process.argv[2]) });
let current: { readonly key: string; readonly stepper: Stepper } | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as Request;
  const key = `${request.case} ${request.dropout}`;
  if (current?.key !== key) {
    current?.stepper.dispose();
    current = { key, stepper: STEP_CASES[request.case](request.dropout) };
  }
  const times = measure(current.stepper, request.ms);
  const mebibytes = (engineMemory()?.usedBytes ?? 0) / 2 ** 20;
  process.stdout.write(`${JSON.stringify({ times, mebibytes, tensors: tf.memory().numTensors })}\n`);
}
process.exit(0);

function measure(stepper: Stepper, ms: number): number[] {
  // The first steps compile: they are no training speed.
  for (let i = 0; i < 3; i++) stepper.step();
  const times: number[] = [];
  const end = performance.now() + ms;
  while (performance.now() < end || times.length < 3) {
    const start = performance.now();
    stepper.step();
    times.push(performance.now() - start);
  }
  return times;
}
