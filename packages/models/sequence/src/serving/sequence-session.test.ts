import { queryBatch, Random } from "@sequitur/core";
import { plantedSequences } from "@sequitur/recommender/conforms";
import { describe, expect, it } from "vitest";
import { fitted } from "../fitted.fixture.js";
import { titled } from "../lite-llm4rec/titled.fixture.js";
import type { SequenceModel } from "./sequence-model.js";

const planted = plantedSequences(new Random("sessions"), { users: 30, items: 20, length: 12 });
const train = titled(planted.train, (item) => `thing ${item % 7}`);
const full = (model: SequenceModel, items: readonly number[]): Float32Array => model.score(queryBatch([{ items }]));

describe.each([
  ["sasrec", { layers: 2, heads: 2, width: 12, positions: "learned" }],
  ["sasrec", { layers: 3, positions: "rotary", tied: false, activation: "silu", width: 12 }],
  ["sasrec", { layers: 2, intervals: true, width: 12 }],
  ["gru4rec", { layers: 2, hidden: 20 }],
  ["lite-llm4rec", { layers: 2, width: 12 }],
  ["lite-llm4rec", { textMatch: 3, width: 12 }],
  ["lite-llm4rec", { head: "generative", beam: 5, width: 12 }],
])("a session of %s with %j", (name, config) => {
  const fit = async (): Promise<SequenceModel> =>
    fitted(name, train, { ...config, epochs: 2, maxLength: 8, dropout: 0.2 });

  it("gives the bits of the full pass after each event, also once the history is longer than the window", async () => {
    const model = await fit();
    const session = model.session();
    const history: number[] = [];
    expect(session.scores()).toEqual(full(model, []));
    for (let event = 0; event < 20; event++) {
      history.push((event * 7) % 20);
      session.append(history.at(-1)!);
      expect(session.scores(), `${event + 1} events`).toEqual(full(model, history));
    }
    expect(session.items).toEqual(history.slice(-8));
    const candidates = Int32Array.of(5, 0, 19);
    expect(session.scores(candidates)).toEqual(model.score(queryBatch([{ items: history }]), candidates));
    session.close();
  });

  it("goes on from a given history of any length", async () => {
    const model = await fit();
    for (const length of [0, 1, 7, 8, 9, 30]) {
      const history = Array.from({ length }, (_, at) => (at * 3) % 20);
      const session = model.session(history);
      expect(session.scores()).toEqual(full(model, history));
      session.append(11);
      expect(session.scores()).toEqual(full(model, [...history, 11]));
      session.close();
    }
  });

  it("skips what the catalogue does not hold, and is over when closed", async () => {
    const model = await fit();
    const session = model.session([3, -1, 99]);
    for (const unknown of [-1, 20, 1e9, Number.NaN]) session.append(unknown);
    expect(session.items).toEqual([3]);
    session.close();
    session.close();
    expect(() => session.append(1)).toThrow(/closed/);
    expect(() => session.scores()).toThrow(/closed/);
  });
});
