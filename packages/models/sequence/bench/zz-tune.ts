import { parseConfig, Random, queryBatch } from "@sequitur/core";
import type { Model } from "@sequitur/recommender";
import { sasrec, gru4rec } from "../src/index.js";
import { leaveOneOut, readMovieLens100k, readSequences, datasetFile } from "../../baselines/verify/leave-one-out.js";
const [which, data, ...runs] = process.argv.slice(2);
const all =
  data === "1m"
    ? readSequences(datasetFile("ml-1m/ml-1m.sequences.txt.gz")!)
    : readMovieLens100k(datasetFile("ml-100k/u.data")!);
const { train, answers, validation } = leaveOneOut(all);
const U = train.catalog.users.size;
function ndcg(model: Model, target: Int32Array, extra?: Int32Array) {
  let n = 0,
    r = 0;
  const N = model.catalog.items.size;
  for (let from = 0; from < U; from += 500) {
    const hist = (u: number) => {
      const h = Array.from(train.items.subarray(train.userOffsets[u], train.userOffsets[u + 1]));
      if (extra) h.push(extra[u]!);
      return h;
    };
    const us = Array.from({ length: Math.min(500, U - from) }, (_, i) => from + i);
    const s = model.score(queryBatch(us.map((u) => ({ items: hist(u) }))));
    us.forEach((u, b) => {
      const row = s.subarray(b * N, (b + 1) * N);
      const t = row[target[u]!]!;
      for (const i of hist(u)) row[i] = -Infinity;
      let rank = 1;
      for (let i = 0; i < N; i++)
        if (row[i]! > t) rank++;
        else if (i !== target[u] && row[i] === t) rank += 0.5;
      if (rank <= 10) {
        n += 1 / Math.log2(rank + 1);
        r++;
      }
    });
  }
  return [n / U, r / U];
}
for (const run of runs) {
  const given = JSON.parse(run);
  const { seed = 1, threads = 1, test = false, ...rest } = given;
  const rec: any = which === "sasrec" ? sasrec : gru4rec;
  const config = parseConfig(rec.config, rest, which!);
  const t0 = performance.now(),
    c0 = process.cpuUsage();
  const curve: string[] = [];
  let evalMs = 0;
  const model: Model = await rec.fit(train, config, {
    random: new Random(seed),
    threads,
    validate: async (m: Model) => {
      const t = performance.now();
      const [v] = ndcg(m, validation);
      evalMs += performance.now() - t;
      curve.push(`${v!.toFixed(4)}@${((performance.now() - t0 - evalMs) / 1000).toFixed(0)}`);
      return v!;
    },
  });
  const cpu = process.cpuUsage(c0);
  const [v, vr] = ndcg(model, validation);
  const t = test ? ndcg(model, answers, validation) : [0, 0];
  console.log(
    `${run} val ${v!.toFixed(4)}/${vr!.toFixed(3)} test ${t[0]!.toFixed(4)}/${t[1]!.toFixed(3)} wall ${((performance.now() - t0 - evalMs) / 1000).toFixed(0)}s cpu ${((cpu.user + cpu.system) / 1e6).toFixed(0)}s [${curve.join(" ")}]`,
  );
}
