/**
 * One session of 50 visits through a two-layer transformer of width 64, then the scores of 10,000 items: what a server
 * does for one request. Prints and writes bench/results/score-session.json, in ms.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { Random } from "@sequitur/core";
import {
  closeSequitur,
  embeddingLayer,
  EVALUATION,
  learnedPositions,
  Parameters,
  selectBackend,
  takeRows,
  tf,
  transformer,
} from "../src/index.js";

const [ITEMS, LENGTH, WIDTH, REQUESTS, WARM_UP] = [10_000, 50, 64, 2000, 200];

async function measure(threads: number) {
  await selectBackend("sequitur", { threads });
  const random = new Random("score");
  const parameters = new Parameters(random.fork("weights"));
  const items = embeddingLayer(parameters.scope("items"), { size: ITEMS, width: WIDTH });
  const addPositions = learnedPositions(parameters.scope("positions"), { length: LENGTH, width: WIDTH });
  const encode = transformer(parameters.scope("encoder"), { layers: 2, width: WIDTH, heads: 2, causal: true });
  const score = (session: Int32Array): tf.Tensor =>
    tf.tidy(() => {
      const x = addPositions(items.lookUp(tf.tensor2d(session, [1, LENGTH], "int32")) as tf.Tensor3D);
      const states = tf.reshape(encode(x, EVALUATION), [LENGTH, WIDTH]) as tf.Tensor2D;
      const last = takeRows(states, tf.tensor1d([LENGTH - 1], "int32"));
      return tf.matMul(last, items.table, false, true);
    });
  const times: number[] = [];
  for (let request = 0; request < WARM_UP + REQUESTS; request++) {
    const session = Int32Array.from({ length: LENGTH }, () => random.integer(ITEMS));
    const start = performance.now();
    const scores = score(session);
    scores.dataSync();
    scores.dispose();
    if (request >= WARM_UP) times.push(performance.now() - start);
  }
  parameters.dispose();
  await closeSequitur();
  times.sort((a, b) => a - b);
  const at = (share: number): number => Number(times[Math.floor(share * times.length)].toFixed(3));
  return { threads, p50: at(0.5), p99: at(0.99), requests: REQUESTS };
}

const results = [await measure(1), await measure(2)];
for (const { threads, p50, p99 } of results)
  process.stdout.write(`${threads} thread(s): p50 ${p50} ms, p99 ${p99} ms\n`);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
mkdirSync(here("results"), { recursive: true });
const report = { machine: cpus()[0]?.model, cores: cpus().length, node: process.version, commit, results };
writeFileSync(here("results/score-session.json"), `${JSON.stringify(report, null, 2)}\n`);
process.exit(0);
