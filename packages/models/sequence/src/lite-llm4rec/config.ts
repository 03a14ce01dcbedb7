import { z } from "zod";
import { sasrecFields } from "../sasrec/config.js";
import { trainingFields } from "../training/training-config.js";

/** Sizes of the two language models, where a config gives none. */
const PROFILES = {
  tiny: { width: 64, layers: 2, heads: 2, hidden: 128, textWidth: 64, textLayers: 2, textHeads: 2, textHidden: 128 },
  small: { width: 128, layers: 3, heads: 4, hidden: 256, textWidth: 128, textLayers: 2, textHeads: 4, textHidden: 256 },
} as const;

const size = (max: number, what: string) => z.int().min(1).max(max).describe(`${what}; that of the profile if absent`);
const { tied: _tied, ...training } = trainingFields;

/** A sentence encoder as an ONNX file, with the vocabulary that it was trained with. */
const sentenceEncoderConfig = z.strictObject({
  model: z.string().min(1).describe("path of the ONNX file: token ids in, vectors of tokens or of sentences out"),
  vocabulary: z.string().min(1).describe("path of its WordPiece vocabulary, vocab.txt: a piece a line"),
  cache: z.string().min(1).optional().describe("folder that keeps vectors by hash of text and model; none if absent"),
});
export type SentenceEncoderConfig = z.infer<typeof sentenceEncoderConfig>;

const fields = z.strictObject({
  profile: z.enum(["tiny", "small"]).default("tiny").describe("sizes that are not given: tiny 64 wide, small 128 wide"),
  ...training,
  ...sasrecFields,
  width: size(1024, "numbers of an item's vector and of a state"),
  layers: size(24, "blocks that read the history"),
  heads: size(64, "their attention heads; divides the width"),
  hidden: size(8192, "width of their feed-forward parts"),
  textWidth: size(1024, "numbers of a token's vector in the item's language model"),
  textLayers: size(24, "blocks that read an item's text"),
  textHeads: size(64, "their attention heads; divides textWidth"),
  textHidden: size(8192, "width of their feed-forward parts"),
  vocabulary: z.int().min(2).max(100_000).default(8000).describe("word pieces learned from the texts, at most"),
  maxTokens: z
    .int()
    .min(1)
    .max(512)
    .default(32)
    .describe("word pieces of an item's text that are read, the first ones"),
  pooling: z.enum(["mean", "last"]).default("mean").describe("an item's text vector: mean of its tokens, or the last"),
  head: z
    .enum(["tied", "free", "generative"])
    .default("tied")
    .describe(
      "tied: items are scored by the vectors that are read, new ones too; free: by a table of their own; generative: a " +
        "decoder spells item numbers digit by digit, for comparison",
    ),
  beam: z.int().min(1).max(1000).default(20).describe("generative: items that the decoder finds"),
  itemId: z.boolean().default(true).describe("add a learned vector per trained item to that of its text"),
  idDropout: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.1)
    .describe("share of items whose own vector a training step hides, so that texts learn to do without"),
  textMatch: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe(
      "tied: weight of how alike the words of an item's text are to those of the history, beside what the network says; if " +
        "absent the best of a few by validation, 0 without one",
    ),
  textFade: z
    .number()
    .min(0)
    .max(1)
    .default(0.6)
    .describe("how much an item of the history counts for textMatch, against the next newer one with text"),
  textItems: z
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe("newest distinct items with text of the history that count for textMatch"),
  textPrior: z
    .number()
    .min(0.1)
    .max(1e9)
    .default(15)
    .describe("training interactions of an item at which its text counts half as much for textMatch as a new item's"),
  coldBias: z
    .number()
    .min(-100)
    .max(100)
    .optional()
    .describe(
      "tied with softmax: added to the scores of items that training never met; if absent the best of a few by " +
        "validation, 0 without one",
    ),
  training: z
    .enum(["staged", "joint"])
    .default("staged")
    .describe("staged: text vectors first, then kept; joint: the texts of a batch's items are read in every step"),
  textEpochs: z
    .int()
    .min(0)
    .max(1000)
    .default(0)
    .describe("staged: passes over neighbours in histories for the texts; 0: text vectors are weighted bags of words"),
  textLearningRate: z
    .number()
    .min(1e-6)
    .max(1)
    .default(2e-3)
    .describe("staged: learning rate of the text model at its peak")
    .meta({ formerly: ["textRate"] }),
  sentenceEncoder: sentenceEncoderConfig
    .optional()
    .describe("a trained encoder in place of an Item LM of our own; staged only"),
  wordVectors: z
    .string()
    .min(1)
    .optional()
    .describe("file of word vectors in GloVe's text format, textWidth numbers each, that the Item LM starts from"),
  fineTuneEpochs: z
    .int()
    .min(0)
    .max(1000)
    .default(0)
    .describe("staged: epochs of joint training at a tenth of the learning rate that follow"),
});

export type LiteLlm4recConfig = z.infer<typeof fields>;

/** Fills in the profile's sizes; what is no config at all is left to the schema. */
function withProfile(given: unknown): unknown {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return given;
  const { profile } = given as { profile?: unknown };
  return { ...PROFILES[profile === "small" ? "small" : "tiny"], ...given };
}

export const liteLlm4recConfig: z.ZodType<LiteLlm4recConfig> = z
  .preprocess(withProfile, fields)
  .superRefine((config, context) => {
    const { width, heads, positions, textWidth, textHeads, training: mode, fineTuneEpochs } = config;
    const complain = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
    const divisor = positions === "rotary" ? 2 * heads : heads;
    if (width % divisor !== 0) complain("heads", `expected ${divisor} to divide the width ${width}.`);
    if (textWidth % textHeads !== 0) {
      complain("textHeads", `expected ${textHeads} to divide the textWidth ${textWidth}.`);
    }
    if (config.head !== "tied" && (config.textMatch ?? 0) > 0) {
      complain("textMatch", `expected 0 with the ${config.head} head, got ${config.textMatch}.`);
    }
    const canBias = config.head === "tied" && config.loss === "softmax";
    if (!canBias && (config.coldBias ?? 0) !== 0) {
      complain("coldBias", `expected 0 but for the tied head with softmax, got ${config.coldBias}.`);
    }
    if (config.sentenceEncoder !== undefined && (mode === "joint" || fineTuneEpochs > 0)) {
      complain("sentenceEncoder", "expected staged training without fine-tuning: a given encoder stays as it is.");
    }
    if (config.sentenceEncoder !== undefined && config.wordVectors !== undefined) {
      complain("wordVectors", "expected none beside a sentence encoder, which has its own.");
    }
    if (mode === "joint" && fineTuneEpochs > 0) {
      complain("fineTuneEpochs", `expected 0 with joint training, got ${fineTuneEpochs}.`);
    }
  });
