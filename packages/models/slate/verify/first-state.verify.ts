import { clickedItem, NONE, Random, selectSlates, type SlateLog } from "@sequitur/core";
import { expect, it } from "vitest";
import { slateGruConfig } from "../src/slate-gru/config.js";
import { latentWorld } from "../src/slate-gru/latent-world.fixture.js";
import { slateGru } from "../src/slate-gru/slate-gru.js";

const print = (text: string): boolean => process.stdout.write(`${text}\n`);
const USERS = 1500;
const TRAINED = 1200;

/** log P of each choice for somebody who knows how often each item is clicked when shown, and no user. */
function userBlind(log: SlateLog, train: number): (row: number) => number {
  const size = log.catalog.items.size;
  const [shown, clicked] = [new Float64Array(size).fill(10), new Float64Array(size).fill(1)];
  let [none, all] = [0, 0];
  for (let row = 0; row < train; row++) {
    for (let at = log.offsets[row]; at < log.offsets[row + 1]; at++) shown[log.items[at]] += 1;
    const item = clickedItem(log, row);
    if (item !== NONE) clicked[item] += 1;
    none += item === NONE ? 1 : 0;
    all += 1;
  }
  return (row) => {
    const items = log.items.subarray(log.offsets[row], log.offsets[row + 1]);
    const rates = Float64Array.from(items, (item) => clicked[item] / shown[item]);
    const total = rates.reduce((sum, rate) => sum + rate, 0);
    const click = log.clicks[row];
    return Math.log(click === NONE ? none / all : (1 - none / all) * (rates[click] / total));
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean log P of held-out users' choices before and after their first click, by what predicts them, in one world. */
async function comparedIn(world: number) {
  const options = { users: USERS, items: 50, groups: 10, steps: 20, length: 10, oracleShare: 0 };
  const { log, truth } = latentWorld(options, world);
  const cut = log.userOffsets[TRAINED];
  const train = selectSlates(
    log,
    Int32Array.from({ length: cut }, (_, row) => row),
  );
  const test = Int32Array.from({ length: log.size - cut }, (_, row) => cut + row);
  const isCold = (row: number): boolean => {
    for (let at = log.userOffsets[log.users[row]]; at < row; at++) if (log.clicks[at] !== NONE) return false;
    return true;
  };
  const cold = test.filter(isCold);
  const warm = test.filter((row) => !isCold(row));
  const blind = userBlind(log, cut);
  const row = (name: string, of: (row: number) => number) => {
    const values = { cold: mean(Array.from(cold, of)), warm: mean(Array.from(warm, of)) };
    print(`world ${world}  ${name.padEnd(12)} cold ${values.cold.toFixed(3)}  after a click ${values.warm.toFixed(3)}`);
    return values;
  };
  row("truth", (at) => truth[at]);
  const rates = row("user-blind", blind);
  const fitted = async (state: "linear" | "gru", compat: "none" | "paper") => {
    const config = slateGruConfig.parse({ width: 2, learningRate: 0.1, state, compat });
    const model = await slateGru.fitSlates(train, config, { random: new Random(7) });
    const found = model.logLikelihood(log, test);
    return row(`${state} ${compat}`, (at) => found[at - cut]);
  };
  await fitted("linear", "paper");
  const linear = await fitted("linear", "none");
  const gru = await fitted("gru", "none");
  return { rates, linear, gru };
}

// The state of a user without clicks must be worth more than item rates, and the GRU no less than the linear state.
it("cold users are predicted above user-blind rates in each world, and the GRU not below linear in the mean", async () => {
  const worlds = [await comparedIn(1), await comparedIn(2)];
  for (const { rates, linear, gru } of worlds) {
    expect(linear.cold).toBeGreaterThan(rates.cold);
    expect(gru.cold).toBeGreaterThan(rates.cold);
  }
  expect(mean(worlds.map(({ linear, gru }) => gru.warm - linear.warm))).toBeGreaterThan(-0.02);
}, 600_000);
