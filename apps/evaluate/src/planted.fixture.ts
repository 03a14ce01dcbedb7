import { listOf, PlatformError, type Interactions, type QueryBatch } from "@sequitur/core";
import { artifactConfig, artifactTensor, type Artifact, type Model, type Recommender } from "@sequitur/recommender";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** Scores of one query into its row. */
type ScoreRow = (row: Float32Array, batch: QueryBatch, b: number) => void;

function modelOf(name: string, catalog: Interactions["catalog"], scoreRow: ScoreRow, save?: () => Artifact): Model {
  const columns = catalog.items.size;
  return {
    name,
    catalog,
    score(batch, candidates) {
      const scores = new Float32Array(batch.size * columns);
      for (let b = 0; b < batch.size; b++) scoreRow(scores.subarray(b * columns, (b + 1) * columns), batch, b);
      if (candidates === undefined) return scores;
      throw new PlatformError("bad-config", "the fixture scores the whole catalogue only.");
    },
    save: save ?? (() => ({ model: name, config: {}, catalog, tensors: new Map() })),
  };
}

const nextConfig = z.strictObject({
  trust: z.number().min(0).max(1).default(0.5).describe("how much of the learned successor is believed"),
  depth: z.int().min(1).max(100).default(1).describe("changes nothing: a second dimension of the search"),
});

/** Learns which item follows which; trust 0 makes it blind. */
export const follower: Recommender<z.infer<typeof nextConfig>> = {
  name: "follower",
  config: nextConfig,
  search: { trust: { kind: "number", min: 0, max: 1 }, depth: { kind: "integer", min: 1, max: 100 } },
  async fit(train, config, run) {
    run.report?.({ task: "count pairs", done: 1, total: 1, unit: "passes", values: { trust: config.trust } });
    return followerModel(successors(train), train.catalog, config);
  },
  load(artifact) {
    const config = artifactConfig(artifact, "follower", nextConfig);
    const size = artifact.catalog.items.size;
    return followerModel(artifactTensor(artifact, "next", Int32Array, [size]), artifact.catalog, config);
  },
};

const chooserConfig = z.strictObject({
  level: z.number().optional().describe("found by validation if absent, else 0"),
  depth: z.int().min(1).max(100).default(1).describe("changes nothing"),
});

/** Finds its level by validation, where it is better to follow; without level it knows nothing. */
export const chooser: Recommender<z.infer<typeof chooserConfig>> = {
  name: "chooser",
  config: chooserConfig,
  search: { depth: { kind: "integer", min: 1, max: 100 } },
  async fit(train, config, run) {
    const next = successors(train);
    const at = (level: number): Model => {
      const inner = followerModel(next, train.catalog, { trust: level, depth: 1 });
      return {
        ...inner,
        name: "chooser",
        save: () => ({ ...inner.save(), model: "chooser", config: { ...config, level } }),
      };
    };
    if (config.level !== undefined || run.validate === undefined) return at(config.level ?? 0);
    return (await run.validate(at(1))) > (await run.validate(at(0))) ? at(1) : at(0);
  },
  load(artifact) {
    const { level = 0 } = artifactConfig(artifact, "chooser", chooserConfig);
    const next = artifactTensor(artifact, "next", Int32Array, [artifact.catalog.items.size]);
    const inner = followerModel(next, artifact.catalog, { trust: level, depth: 1 });
    return { ...inner, name: "chooser", save: () => artifact };
  },
};

function followerModel(next: Int32Array, catalog: Interactions["catalog"], config: z.infer<typeof nextConfig>): Model {
  const scoreRow: ScoreRow = (row, batch, b) => {
    const last = listOf(batch, b).at(-1);
    if (last !== undefined && next[last]! >= 0) row[next[last]!] = config.trust;
  };
  const tensors = new Map([["next", { shape: [next.length], data: next }]]);
  return modelOf("follower", catalog, scoreRow, () => ({ model: "follower", config, catalog, tensors }));
}

function successors({ users, items, catalog }: Interactions): Int32Array {
  const next = new Int32Array(catalog.items.size).fill(-1);
  for (let row = 1; row < items.length; row++) if (users[row] === users[row - 1]) next[items[row - 1]!] = items[row]!;
  return next;
}

const epochsConfig = z.strictObject({
  epochs: z.int().min(1).default(9).describe("passes"),
  rate: z.enum(["slow", "fast"]).default("slow").describe("fast learns in one epoch"),
  shade: z.int().min(1).max(5).default(1).describe("changes nothing"),
});

/** Gets better with every epoch: what successive halving has to handle. */
export const learner: Recommender<z.infer<typeof epochsConfig>> = {
  name: "learner",
  config: epochsConfig,
  search: {
    rate: { kind: "choice", values: ["slow", "fast"] },
    shade: { kind: "integer", min: 1, max: 5 },
  },
  async fit(train, config, run) {
    const knows = config.rate === "fast" ? 1 : config.epochs / 9;
    for (let epoch = 1; epoch <= config.epochs; epoch++) {
      run.report?.({
        task: "fit learner",
        done: epoch,
        total: config.epochs,
        unit: "epochs",
        values: { loss: 1 / epoch },
      });
    }
    const next = successors(train);
    const known = Math.floor(knows * next.length);
    return followerModel(
      next.map((item, from) => (from < known ? item : -1)),
      train.catalog,
      { trust: 1, depth: 1 },
    );
  },
  load: () => {
    throw new PlatformError("bad-artifact", "the learner is not kept.");
  },
};

const plain = z.strictObject({});

function simple(name: string, fit: Recommender["fit"]): Recommender {
  return {
    name,
    config: plain,
    fit,
    load: () => {
      throw new PlatformError("bad-artifact", `${name} is not kept.`);
    },
  };
}

/** Gives every item the same score. */
export const constant = simple("constant", async (train) => modelOf("constant", train.catalog, (row) => row.fill(7)));

/** Draws its scores from the seed. */
export const noise = simple("noise", async (train, _config, run) => {
  const scores = Float32Array.from({ length: train.catalog.items.size }, () => run.random.uniform());
  return modelOf("noise", train.catalog, (row) => row.set(scores));
});

/** Reads the answer of a query out of the next one's history, where the same user asks both. */
export const peeker = simple("peeker", async (train) =>
  modelOf("peeker", train.catalog, (row, batch, b) => {
    if (b + 1 < batch.size && batch.users[b + 1] === batch.users[b]) row[listOf(batch, b + 1).at(-1)!] = 1;
  }),
);

/** Fails like a model with a bug. */
export const thrower = simple("thrower", async () => {
  throw new TypeError("cannot read what is not there");
});

/** Ends its process in the middle of the fit. */
export const quitter = simple("quitter", async () => process.exit(3));

/** Is killed as the system kills when memory runs out. */
export const victim = simple("victim", async () => {
  process.kill(process.pid, "SIGKILL");
  return new Promise<never>(() => undefined);
});

/** Fills the memory. */
export const glutton = simple("glutton", async () => {
  const eaten: Uint8Array[] = [];
  for (;;) {
    eaten.push(new Uint8Array(1 << 24).fill(1));
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }
});

/** Gets half-way, leaves a checkpoint and waits to be stopped; with the checkpoint it needs no more. */
export const marathon = simple("marathon", async (train, _config, { checkpointDir, signal, report }) => {
  const half = join(checkpointDir ?? "", "half");
  if (!existsSync(half)) {
    await writeFile(half, "");
    report?.({ task: "fit marathon", done: 1, total: 2, unit: "halves" });
    if (signal?.aborted === false) await new Promise((resolve) => signal.addEventListener("abort", resolve));
    throw new PlatformError("cancelled", "stopped half-way.");
  }
  return modelOf("marathon", train.catalog, (row) => row.fill(1));
});

/** Never comes back and hears no signal. */
export const sleeper = simple("sleeper", async (_train, _config, run) => {
  run.report?.({ task: "fit sleeper", done: 0, total: 1, unit: "naps" });
  await new Promise((resolve) => void setTimeout(resolve, 50));
  for (;;) Math.random();
});
