import { listOf, queryBatch, Random, type Interactions } from "@sequitur/core";
import { engineFor } from "@sequitur/kernels";
import { decodeArtifact, encodeArtifact, recommend, type Model } from "@sequitur/recommender";
import { noise } from "@sequitur/recommender/conforms";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fitted } from "../fitted.fixture.js";
import type { LiteLlm4recConfig } from "./config.js";
import { liteLlm4rec } from "./lite-llm4rec.js";
import type { LiteLlm4recModel } from "./lite-model.js";
import { titled } from "./titled.fixture.js";

const GROUPS = ["soap", "brush", "towel", "mirror", "comb"];
const SIZE = 40;
/** The last item of each group never occurs; so does the very last item, which has no text either. */
const isCold = (item: number): boolean => item >= SIZE - 5;
const NAMELESS = SIZE;
const title = (item: number): string => (item === NAMELESS ? "" : `${GROUPS[item % 5]} number ${Math.floor(item / 5)}`);

/** After an item of one group comes any item of the next group. */
function grouped(): Interactions {
  const random = new Random("groups");
  const base = noise(random, { users: 150, items: SIZE + 1, length: 10 }).train;
  const items = base.items.slice();
  for (let row = 0; row < items.length; row++) {
    const isFirst = base.userOffsets.includes(row);
    const group = isFirst ? random.integer(5) : (items[row - 1]! + 1) % 5;
    items[row] = group + 5 * random.integer(SIZE / 5 - 1);
  }
  return titled({ ...base, items }, title);
}

const fit = async (extra: Record<string, unknown>): Promise<LiteLlm4recModel> =>
  (await fitted("lite-llm4rec", grouped(), extra)) as LiteLlm4recModel;
const cold = Array.from({ length: 5 }, (_, group) => SIZE - 5 + group);

describe("items that training never met", () => {
  it.each([{}, { itemId: false }, { training: "joint", loss: "sampled-softmax", negatives: 16, epochs: 30 }])(
    "are scored from their text under a tied head, with %j",
    async (extra) => {
      const model = await fit({ idDropout: 0.3, ...extra });
      for (let group = 0; group < 5; group++) {
        const scores = model.score(queryBatch([{ items: [group + 5, ((group + 1) % 5) + 10, ((group + 2) % 5) + 5] }]));
        const best = cold.toSorted((a, b) => scores[b]! - scores[a]!)[0]!;
        expect(best % 5).toBe((group + 3) % 5);
        expect(scores[NAMELESS]).toBeNaN();
      }
      const loaded = liteLlm4rec.load(decodeArtifact(encodeArtifact(model.save()), "test"));
      const asked = queryBatch([{ items: [1, cold[2]!] }]);
      expect(loaded.score(asked)).toEqual(model.score(asked));
      expect(loaded.score(asked)).not.toEqual(model.score(queryBatch([{ items: [1] }])));
      // A loaded model also places a text that no item of the catalogue has.
      expect(loaded.encode(["title: soap number 77"])).toEqual(model.encode(["title: soap number 77"]));
    },
  );

  it("rise to where validation wants them, by texts alike and by a bias", async () => {
    // Each history stays in one group, and goes on to what training never met.
    const random = new Random("alike");
    const base = grouped();
    const items = base.items.slice();
    for (let user = 0; user < 150; user++) {
      const rows = items.subarray(base.userOffsets[user], base.userOffsets[user + 1]);
      rows.forEach((_, at) => (rows[at] = (user % 5) + 5 * random.integer(SIZE / 5 - 1)));
    }
    const asked = queryBatch(cold.map((item) => ({ items: [item % 5, (item % 5) + 10, (item % 5) + 5] })));
    const found = (model: Model): number => {
      const ranking = recommend(model, asked, { k: 1 });
      return cold.filter((item, query) => listOf(ranking, query)[0] === item).length / cold.length;
    };
    const config = { epochs: 2, textEpochs: 0, textWidth: 32 };
    const run = { validate: async (model: Model) => found(model) };
    const plain = await fitted("lite-llm4rec", { ...base, items }, config);
    const weighed = await fitted("lite-llm4rec", { ...base, items }, config, run);
    expect(found(plain)).toBeLessThan(0.5);
    expect(found(weighed)).toBe(1);
    const { textMatch, coldBias } = weighed.save().config as LiteLlm4recConfig;
    expect(textMatch).toBeGreaterThan(0);
    expect(coldBias).toBeTypeOf("number");
    const loaded = liteLlm4rec.load(decodeArtifact(encodeArtifact(weighed.save()), "test"));
    expect(loaded.score(asked)).toEqual(weighed.score(asked));
  });

  it("get their bias added, and nobody else does", async () => {
    const asked = queryBatch([{ items: [1, 7, 13] }]);
    const scoresOf = async (coldBias: number): Promise<Float32Array> =>
      (await fit({ epochs: 1, coldBias })).score(asked);
    const [plain, raised] = [await scoresOf(0), await scoresOf(3)];
    for (let item = 0; item < SIZE; item++) {
      expect(raised[item]! - plain[item]!).toBeCloseTo(isCold(item) ? 3 : 0, 4);
    }
  });

  it("and the match of texts leave nothing behind in memory, and need their tensors", async () => {
    const { memory } = engineFor();
    const run = { validate: async () => 0 };
    (await fitted("lite-llm4rec", grouped(), { epochs: 1, textMatch: 2 }, run)).release();
    const before = memory.use();
    const model = await fitted("lite-llm4rec", grouped(), { epochs: 1, textMatch: 2 }, run);
    const artifact = model.save();
    model.release();
    expect(memory.use()).toEqual(before);
    for (const name of ["words.offsets", "words.values", "items.trust", "text.norm.gain"]) {
      const tensors = new Map(artifact.tensors);
      tensors.delete(name);
      expect(() => liteLlm4rec.load({ ...artifact, tensors })).toThrow(
        expect.objectContaining({ code: "bad-artifact" }),
      );
    }
  });

  it("match nothing where no item has text", async () => {
    const bare = titled(grouped(), () => "");
    const asked = queryBatch([{ items: [1, 7] }]);
    const scoresOf = async (textMatch: number): Promise<Float32Array> =>
      (await fitted("lite-llm4rec", bare, { epochs: 1, textMatch })).score(asked);
    expect(await scoresOf(5)).toEqual(await scoresOf(0));
  });

  it.each(["free", "generative"])("are not under a %s head", async (head) => {
    const model = await fit({ head, epochs: 1 });
    const scores = model.score(queryBatch([{ items: [1, cold[2]!, 6] }]));
    expect(scores.every((score, item) => !isCold(item) || Number.isNaN(score))).toBe(true);
    expect(scores).toEqual(model.score(queryBatch([{ items: [1, 6] }])));
  });
});

describe("odd histories and texts", () => {
  it("get popularity for unknown items alone, and take one item, empty and very long texts", async () => {
    const long = Array.from({ length: 10_000 }, (_, at) => `w${at % 50}`).join(" ");
    const train = titled(grouped(), (item) => (item === 3 ? long : item === 4 ? "" : title(item)));
    const seen: Record<string, number>[] = [];
    const model = (await fitted(
      "lite-llm4rec",
      train,
      { epochs: 1 },
      {
        report: ({ task, values }) => void (task === "read item texts" && seen.push(values!)),
      },
    )) as LiteLlm4recModel;
    expect(seen).toEqual([{ pieces: expect.any(Number) as number, truncated: 1 / 39 }]);
    expect(model.score(queryBatch([{ items: [NAMELESS, -1, 999] }]))).toEqual(model.score(queryBatch([{ items: [] }])));
    const one = model.score(queryBatch([{ items: [4] }]));
    expect(one.slice(0, SIZE).every((score) => Number.isFinite(score))).toBe(true);
    expect(model.encode(["", long, "!?"]).subarray(0, 16)).toEqual(new Float32Array(16));
    expect(model.encode([]).length).toBe(0);
  });

  it("need text where items have no vectors of their own", async () => {
    const bare = titled(grouped(), () => "");
    await expect(fitted("lite-llm4rec", bare, { itemId: false })).rejects.toMatchObject({
      code: "bad-data",
      message: expect.stringMatching(/items with text, got none/) as string,
    });
  });
});

describe("an interrupted fit", () => {
  it.each([
    [{ fineTuneEpochs: 2, epochs: 2, itemDropout: 0.1 }, [3, 9, 17, 26, 34]],
    [{ training: "joint", loss: "sampled-softmax", negatives: 8, epochs: 2 }, [4, 12]],
  ])("goes on to the same bits wherever it stopped, with %j", async (config, stops) => {
    const train = grouped();
    const dropping = { ...config, dropout: 0.2 };
    const whole = await fitted("lite-llm4rec", train, dropping);
    for (const stopAt of stops) {
      const checkpointDir = await mkdtemp(join(tmpdir(), "sequitur-lite-"));
      const stop = new AbortController();
      let reports = 0;
      const report = (): void => {
        if (++reports === stopAt) stop.abort();
      };
      const interrupted = fitted("lite-llm4rec", train, dropping, { checkpointDir, signal: stop.signal, report });
      await expect(interrupted).rejects.toMatchObject({ code: "cancelled" });
      const resumed = await fitted("lite-llm4rec", train, dropping, { checkpointDir });
      expect(encodeArtifact(resumed.save())).toEqual(encodeArtifact(whole.save()));
      await rm(checkpointDir, { recursive: true });
    }
  });
});
