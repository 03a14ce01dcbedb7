import { idTable, interactionsFrom, parseConfig, Random, type Interactions } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { SeenPlaces } from "../history/visit-features.js";
import { seaget } from "../seaget/seaget.js";
import { batchOf } from "./batches.js";
import { readData } from "./fit-data.js";

const HOUR = 3_600_000;
const JANUARY = Date.UTC(2024, 0, 10, 12);
const LENGTH = 5;
/** Places 0 to 3 in Rome, 4 in Sydney: another clock and another season. */
const itemColumns = {
  latitudes: Float64Array.of(41.9, 41.91, 41.92, 41.93, -33.9),
  longitudes: Float64Array.of(12.5, 12.5, 12.5, 12.5, 151.2),
  timeZones: ["Europe/Rome", "Europe/Rome", "Europe/Rome", "Europe/Rome", "Australia/Sydney"],
  categories: [["bar"], ["park"], ["bar"], ["park"], ["beach"]],
};

/** Two users who went the same way, to the last place of each. */
function walks(lasts: readonly [number, number]): Interactions {
  const items = lasts.flatMap((last) => [0, 1, 0, 2, last]);
  return interactionsFrom(
    { users: idTable(["u", "v"]), items: idTable(["a", "b", "c", "d", "e"]), itemColumns },
    {
      users: Int32Array.from(items, (_, row) => Math.floor(row / LENGTH)),
      items: Int32Array.from(items),
      times: Float64Array.from(items, (_, row) => JANUARY + (row % LENGTH) * HOUR),
    },
  );
}

describe.each(["given", "predicted"] as const)("a batch, the next time %s", (nextTime) => {
  const config = parseConfig(seaget.config, { nextTime }, "test");
  /** The first user's trajectory, cut to windows of so many check-ins. */
  const batchOfFirst = (lasts: readonly [number, number], maxLength: number) => {
    const read = readData(walks(lasts), { name: "seaget", config: { ...config, maxLength } }, new Random(1));
    const own = read.sequences.filter(({ user }) => user === 0);
    const { visits } = config;
    const seen = new SeenPlaces(read.facts.size);
    return batchOf(read.checkIns, own, { facts: read.facts, nextTime, visits, periods: 12, seen });
  };

  it.each([32, 2])("shows nothing of where the user goes, in windows of %i", (maxLength) => {
    const [rome, sydney] = [batchOfFirst([3, 4], maxLength), batchOfFirst([4, 3], maxLength)];
    expect([rome.answers.places.at(-1), sydney.answers.places.at(-1)]).toEqual([3, 4]);
    expect(sydney.tokens).toEqual(rome.tokens);
    expect(sydney.asks).toEqual(rome.asks);
  });
});
