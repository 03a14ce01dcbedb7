import { eachStore } from "@sequitur/store/testing";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSignals } from "@sequitur/core";
import { writeSignals, type Store } from "@sequitur/store";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testApi, type TestApi } from "./api.fixture.js";
import { artifactFolder } from "./models/model-source.js";
import { trainFromStore } from "./offline/train-from-store.js";

const NOW = Date.UTC(2024, 5, 1);
const HOUR_MS = 3_600_000;

interface Row {
  readonly userId: string;
  readonly itemId: string;
  readonly kind?: string;
  readonly weight?: number;
}

async function send(api: TestApi, rows: readonly Row[], from = 0): Promise<void> {
  const events = rows.map((row, at) => ({ ...row, eventId: `e${from + at}`, time: NOW + (from + at) * 1000 }));
  for (let start = 0; start < events.length; start += 1000) {
    const part = events.slice(start, start + 1000);
    const { body } = await api.call("POST", "/v1/events", { events: part });
    expect(body).toMatchObject({ accepted: part.length, rejected: 0 });
  }
}

const idsOf = ({ body }: { body: { items: { itemId: string }[] } }): string[] => body.items.map(({ itemId }) => itemId);

eachStore((engine) => {
  describe("what users say counts", () => {
    let store: Store;
    let api: TestApi;
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "sequitur-signals-"));
      store = await engine.open({ clock: () => NOW + 100 * HOUR_MS });
      api = await testApi(store, {}, artifactFolder(folder));
      // Twelve items: users like those of their own third; item i5 is everybody's dislike.
      const likes = Array.from({ length: 60 }, (_, user) =>
        [0, 3, 6, 9].map((item) => ({ userId: `u${user}`, itemId: `i${item + (user % 3)}`, kind: "view" })),
      ).flat();
      await send(api, likes);
      const dislikes = Array.from({ length: 2000 }, (_, user) => ({
        userId: `hater${user}`,
        itemId: "i5",
        kind: "dislike",
        weight: -5,
      }));
      await send(api, dislikes, likes.length);
    }, 120_000);
    afterAll(async () => {
      await api.serving.stop();
      await rm(folder, { recursive: true, force: true });
    });

    const train = async (model: string): Promise<void> => {
      const fixed = { artifactsDir: folder, activate: true, fallbacks: false, seed: 1, codeVersion: "test" };
      await trainFromStore({ store, model, ...fixed });
      await api.serving.sync();
    };
    const recommend = async (body: object) => api.call("POST", "/v1/recommendations", { k: 12, ...body });

    it("2,000 dislikes of an item do not make it popular", async () => {
      await train("popularity");
      const stranger = await recommend({ userId: "stranger" });
      expect(stranger.body.servedBy).toBe("model");
      expect(idsOf(stranger).at(-1)).toBe("i5");
      // Whoever disliked it does not see it, unless they ask.
      expect(idsOf(await recommend({ userId: "hater1" }))).not.toContain("i5");
      expect(idsOf(await recommend({ userId: "hater1", allowNegatives: true }))).toContain("i5");
    });

    it.each(["item-knn", "ease"])("a session of dislikes is not one of likes: %s", async (model) => {
      await train(model);
      const session = (kind: string, weight?: number): object => ({
        history: [
          { itemId: "i0", kind, ...(weight !== undefined && { weight }) },
          { itemId: "i3", kind, ...(weight !== undefined && { weight }) },
          { itemId: "i6", kind: "impression" },
        ],
        explain: true,
      });
      const liked = await recommend(session("view"));
      const disliked = await recommend(session("dislike", -5));
      expect(disliked.body.items).not.toEqual(liked.body.items);
      expect(liked.body.items[0].reason.text).toMatch(/because of|before/);
      expect(idsOf(disliked)).not.toContain("i0");
      for (const { reason } of disliked.body.items) expect(reason.kind).not.toBe("history");
    });

    it("an event of a stored user counts at once, and a later like lifts a dislike", async () => {
      await train("item-knn");
      await send(api, [{ userId: "u0", itemId: "i3", kind: "hide" }], 10_000);
      expect(idsOf(await recommend({ userId: "u0" }))).not.toContain("i3");
      await send(api, [{ userId: "u0", itemId: "i3", kind: "purchase" }], 10_001);
      expect(idsOf(await recommend({ userId: "u0" }))).toContain("i3");
    });

    it("reads events by the store's own table", async () => {
      await writeSignals(store, parseSignals("dislike=5"));
      await train("popularity");
      expect(idsOf(await recommend({ userId: "stranger" }))[0]).toBe("i5");
    });
  });
});
