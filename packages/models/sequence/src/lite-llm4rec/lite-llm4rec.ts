import { PlatformError, throwIfCancelled, type Interactions, type Tensor } from "@sequitur/core";
import { engineFor, type Engine } from "@sequitur/kernels";
import { Parameters, selectBackend, takeRows, tf, type Pass, Weights } from "@sequitur/nn";
import { artifactConfig, withSignals, type Artifact, type FitRun, inputsWhere } from "@sequitur/recommender";
import { join } from "node:path";
import { itemShares } from "../serving/item-shares.js";
import type { SequenceRecommender } from "../serving/sequence-model.js";
import { trainNetwork, type NetworkTraining } from "../training/fit-network.js";
import { trainingSearch } from "../training/training-config.js";
import { liteLlm4recConfig, type LiteLlm4recConfig } from "./config.js";
import { encodeTexts } from "./encode-texts.js";
import { itemLm } from "./item-lm.js";
import { plainStandard, standardised, standardOf, textRows, type Standard } from "./item-vectors.js";
import { liteModel, type LiteLlm4recModel } from "./lite-model.js";
import { liteNetwork, neighbourNetwork, type TextVectors } from "./network.js";
import { encodeByEncoder, readTexts, type ReadTexts } from "./read-texts.js";
import { liteTensors, readTensors } from "./tensors.js";
import { trainedItems } from "./trained-items.js";
import { givenWeights, weighTexts, type TextWeights } from "./weigh-texts.js";

const NAME = "lite-llm4rec";
type WeightMap = ReadonlyMap<string, Tensor>;

/** A Recommender whose models also turn texts into vectors. */
export interface LiteLlm4rec extends SequenceRecommender<LiteLlm4recConfig> {
  fit(train: Interactions, config: LiteLlm4recConfig, run: FitRun): Promise<LiteLlm4recModel>;
  load(artifact: Artifact): LiteLlm4recModel;
}

/**
 * Lite-LLM4Rec (Wang et al. 2024): an Item LM turns each item's text into one vector, a Recommendation LM reads the vectors
 * of a history, and one product with the item vectors ranks the catalogue, where generative models spell items by beam
 * search. Reads histories only, no user index.
 */
export const liteLlm4rec: LiteLlm4rec = withSignals<LiteLlm4recConfig, LiteLlm4recModel>(
  { positive: "counts", negative: "ignores" },
  {
    name: NAME,
    config: liteLlm4recConfig,
    search: {
      ...trainingSearch,
      idDropout: { kind: "number", min: 0, max: 0.5 },
      textFade: { kind: "number", min: 0.2, max: 0.9 },
      textPrior: { kind: "number", min: 3, max: 100, log: true },
    },
    reads: () => inputsWhere({ "own-history": true, "validation-item": true, texts: true }),
    async fit(train, config, run) {
      throwIfCancelled(run.signal);
      const fit = new Fit(train, config, run, await readTexts(train.catalog, config, run));
      return config.training === "joint" ? fit.joint() : fit.staged();
    },
    load(artifact) {
      const config = artifactConfig(artifact, NAME, liteLlm4recConfig);
      return liteModel(artifact.catalog, config, readTensors(artifact, config), engineFor());
    },
  },
);

/** Rows of a table, the table itself where all are asked for. */
function rowsOf(table: tf.Tensor2D, items: Int32Array): tf.Tensor2D {
  return items.length === table.shape[0] ? table : takeRows(table, tf.tensor1d(items, "int32"));
}

/** How texts became vectors: the Item LM's weights, and its vectors of all items (N, F). */
interface TextStage {
  readonly weights: WeightMap;
  readonly vectors: Float32Array;
  readonly standard: Standard;
}

/** What training found. */
interface Trained {
  /** Of both levels. */
  readonly weights: WeightMap;
  readonly stage: TextStage;
}

/** One fit: what its stages share. */
class Fit {
  private readonly train: Interactions;
  private readonly config: LiteLlm4recConfig;
  private readonly run: FitRun;
  private readonly engine: Engine;
  private readonly texts: ReadTexts;
  private readonly items: ReturnType<typeof trainedItems>;
  private readonly shares: Float32Array;

  constructor(train: Interactions, config: LiteLlm4recConfig, run: FitRun, texts: ReadTexts) {
    this.train = train;
    this.config = config;
    this.run = run;
    this.engine = engineFor(run.threads ?? 1);
    this.texts = texts;
    this.items = trainedItems(train);
    this.shares = itemShares(train);
    if (!config.itemId && !this.hasText) {
      throw new PlatformError("bad-data", `${NAME} without itemId needs items with text, got none.`);
    }
  }

  /** Both levels at once: each step reads the texts of its distinct items. */
  async joint(): Promise<LiteLlm4recModel> {
    const found = (weights: WeightMap): Trained => ({ weights, stage: this.read(weights) });
    return this.weighed(found(await this.trainJointly("fit", this.config, found)));
  }

  /** Text vectors first; then the Recommendation LM over the kept vectors; then perhaps both, slowly. */
  async staged(): Promise<LiteLlm4recModel> {
    const { config } = this;
    const stage = await this.textStage();
    const overKept = (weights: WeightMap): Trained => ({ weights: new Map([...stage.weights, ...weights]), stage });
    const kept = overKept(await this.trainOverKept(stage, overKept));
    if (config.fineTuneEpochs === 0) return this.weighed(kept);
    const slower = { ...config, learningRate: config.learningRate / 10, epochs: config.fineTuneEpochs };
    const both = (weights: WeightMap): Trained => ({ weights, stage: this.read(weights, stage.standard) });
    const start = { weights: kept.weights, standard: stage.standard };
    const tuned = both(await this.trainJointly("fine-tune", slower, both, start));
    return this.weighed(await this.better(tuned, kept));
  }

  /** The first unless the second is better by validation. */
  private async better(first: Trained, second: Trained): Promise<Trained> {
    if (this.run.validate === undefined) return first;
    return (await this.valueOf(first)) >= (await this.valueOf(second)) ? first : second;
  }

  private async valueOf(found: Trained, weights?: TextWeights): Promise<number> {
    const model = this.modelOf(found, weights);
    try {
      return await this.run.validate!(model);
    } finally {
      model.release();
    }
  }

  /** The model with the weights of texts that are best by validation, where the config leaves them open. */
  private async weighed(trained: Trained): Promise<LiteLlm4recModel> {
    const { config, run, shares } = this;
    const { vectors, standard } = trained.stage;
    const hasText = textRows(vectors, standard.centre.length);
    const matters = run.validate !== undefined && config.head === "tied";
    const open = {
      textMatch: matters && this.texts.words.columns.length > 0,
      coldBias: matters && config.loss === "softmax" && hasText.some((has, item) => has > 0 && shares[item] === 0),
    };
    return this.modelOf(trained, await weighTexts(config, open, (weights) => this.valueOf(trained, weights), run));
  }

  private get hasText(): boolean {
    return this.texts.tokens.some(({ length }) => length > 0);
  }

  /** The Item LM, trained to tell neighbours in histories from each other's texts, and what it then makes of the texts. */
  private async textStage(): Promise<TextStage> {
    const { config, run, texts } = this;
    if (config.sentenceEncoder !== undefined) {
      const { vectors, width } = await encodeByEncoder(texts.texts, config.sentenceEncoder, config.maxTokens, run);
      return { weights: new Map(), vectors, standard: this.keptStandard(vectors, width) };
    }
    const weights = this.hasText && config.textEpochs > 0 ? await this.trainItemLm() : await this.untrainedItemLm();
    const own = new Map([...weights].filter(([name]) => name.startsWith("text.") && name !== "text.projection.weight"));
    const vectors = this.vectorsOf(own);
    return { weights: own, vectors, standard: this.keptStandard(vectors, config.textWidth) };
  }

  /**
   * Kept text vectors have unit variance in each number, beside ids about unit length: a step of Adam on P moves an item by a
   * weighted sum of all F numbers, and texts would be learned so much faster than ids that little is left for these.
   */
  private keptStandard(vectors: Float32Array, width: number): Standard {
    const { centre, spread } = standardOf(vectors, width);
    const scale = this.config.itemId ? Math.sqrt(width) : 1;
    return { centre, spread: spread.map((value) => value * scale) };
  }

  private async trainItemLm(): Promise<WeightMap> {
    const { config } = this;
    const { textEpochs: epochs, textLearningRate: learningRate, batchSize } = config;
    const plain = { windows: "fixed", itemDropout: 0, averageDecay: 0, loss: "sampled-softmax" } as const;
    return this.trainStage("texts", {
      config: { ...config, ...plain, maxLength: 1, epochs, learningRate, batchSize: 2 * batchSize },
      build: (parameters) => neighbourNetwork(parameters, config, this.itemLmVectors(parameters)),
    });
  }

  private async untrainedItemLm(): Promise<WeightMap> {
    await selectBackend("sequitur", { threads: this.run.threads ?? 1 });
    const parameters = new Parameters(this.run.random.fork("texts"));
    try {
      this.itemLmVectors(parameters);
      return parameters.snapshot();
    } finally {
      parameters.dispose();
    }
  }

  private async trainOverKept(stage: TextStage, found: (weights: WeightMap) => Trained): Promise<WeightMap> {
    const { config, items } = this;
    const width = stage.standard.centre.length;
    const all = standardised(stage.vectors, stage.standard);
    const rows = new Float32Array(items.trained.length * width);
    items.trained.forEach((item, row) => rows.set(all.subarray(item * width, (item + 1) * width), row * width));
    let table: tf.Tensor2D | undefined;
    try {
      return await this.trainStage("fit", {
        config,
        modelOf: (weights) => this.modelOf(found(weights)),
        build: (parameters) => {
          table = tf.tensor2d(rows, [items.trained.length, width]);
          return liteNetwork(parameters, items.counts, config, { width, of: (items) => rowsOf(table!, items) });
        },
      });
    } finally {
      table?.dispose();
    }
  }

  private async trainJointly(
    stage: string,
    config: LiteLlm4recConfig,
    found: (weights: WeightMap) => Trained,
    start?: { readonly weights: WeightMap; readonly standard: Standard },
  ): Promise<WeightMap> {
    return this.trainStage(stage, {
      config,
      modelOf: (weights) => this.modelOf(found(weights)),
      build: (parameters) => {
        const vectors = this.itemLmVectors(parameters, start?.standard);
        const network = liteNetwork(parameters, this.items.counts, config, vectors);
        if (start !== undefined) parameters.restore(start.weights, stage);
        return network;
      },
    });
  }

  /** A training of its own: name, seed and checkpoints. */
  private async trainStage(stage: string, training: Omit<NetworkTraining, "name" | "inputs">): Promise<WeightMap> {
    const { checkpointDir, random } = this.run;
    const name = stage === "fit" ? NAME : `${NAME} ${stage}`;
    return trainNetwork(
      this.items.data,
      { ...training, name, inputs: this.texts.hash },
      {
        ...this.run,
        random: random.fork(stage),
        ...(checkpointDir !== undefined && { checkpointDir: join(checkpointDir, stage) }),
      },
    );
  }

  /** The Item LM over its parameters, as text vectors of the trained items. */
  private itemLmVectors(parameters: Parameters, standard?: Standard): TextVectors {
    const { config, items, texts } = this;
    const lm = itemLm(parameters.scope("text"), texts.lengths, config);
    this.startFromWords(parameters);
    const of = (asked: Int32Array, pass: Pass): tf.Tensor2D => {
      const tokens = Array.from(asked, (item) => texts.tokens[items.trained[item]!]!);
      const vectors = lm(tokens, pass);
      if (standard === undefined) return vectors;
      const real = tf.tensor2d(tokens.map(({ length }) => [length > 0 ? 1 : 0]));
      const centred = tf.sub(vectors, tf.tensor1d(standard.centre));
      return tf.mul(tf.mul(centred, tf.tensor1d(standard.spread.map((value) => 1 / value))), real);
    };
    return { width: config.textWidth, of };
  }

  /** Sets the token vectors that were read from a file. */
  private startFromWords(parameters: Parameters): void {
    const { start } = this.texts;
    if (start.size === 0) return;
    const { variable } = parameters.get("text.words.table");
    const table = (variable.dataSync() as Float32Array).slice();
    for (const [piece, vector] of start) {
      const length = this.texts.lengths[piece]!;
      table.set(
        vector.map((value) => value * length),
        piece * vector.length,
      );
    }
    tf.tidy(() => variable.assign(tf.tensor(table, variable.shape)));
  }

  /** (N, F) what an Item LM with these weights makes of all texts. */
  private vectorsOf(weights: WeightMap): Float32Array {
    const held = new Weights(this.engine, new Map([...weights].filter(([name]) => name.startsWith("text."))));
    try {
      return encodeTexts(held, this.config, this.texts.tokens);
    } finally {
      held.release();
    }
  }

  private read(weights: WeightMap, standard = plainStandard(this.config.textWidth)): TextStage {
    return { weights, vectors: this.vectorsOf(weights), standard };
  }

  private modelOf({ weights, stage }: Trained, chosen = givenWeights(this.config)): LiteLlm4recModel {
    const { train, shares, engine } = this;
    const { trained, counts } = this.items;
    const { vectors, standard } = stage;
    // Parsed, so that its keys stand as they do in a config that was read from a file.
    const config = liteLlm4recConfig.parse({ ...this.config, ...chosen });
    const size = train.catalog.items.size;
    const { words, pieces } = this.texts;
    const own = config.sentenceEncoder === undefined && { pieces };
    const parts = { config, size, trained, counts, shares, weights, textVectors: vectors, standard, words, ...own };
    return liteModel(train.catalog, config, liteTensors(parts, engine), engine);
  }
}
