import type { Random } from "@sequitur/core";
import { CATEGORIES } from "./categories.js";
import { choiceTables } from "./choice-tables.js";
import type { ChoiceWeights } from "./city-config.js";
import { drawFrom } from "./draws.js";
import { exploration } from "./exploration.js";
import { blankRecall, habitRecaller } from "./habits.js";
import type { LocalClock } from "../local-time/local-clock.js";
import { blankMoment, observe, type Situation } from "./moment.js";
import type { Places } from "./places.js";
import type { Residents } from "./residents.js";

/** The true choice of the city, as something one may ask; datasets/city/README.md has the equations. */
export interface ChoiceModel {
  /** A place chosen by the true probabilities. */
  draw(situation: Situation, random: Random): number;
  /**
   * Fills out with the natural log of the probability of each candidate, or of every place: utilities up to a
   * constant, so that a choice among a slate is the softmax over its places. -Infinity for a place not yet open for
   * business. With candidates only their categories are summed, so that a slate is much cheaper than the catalogue.
   */
  logProbabilities(out: Float64Array | Float32Array, situation: Situation, candidates?: Int32Array): void;
}

/** What the choice model is made of. */
export interface ChoiceWorld {
  readonly places: Places;
  readonly residents: Residents;
  readonly clock: LocalClock;
  /** Whether the year is turned by six months. */
  readonly southern: boolean;
}

/** The choice model of a world under the weights; it keeps scratch memory, so one call at a time. */
export function choiceModel(world: ChoiceWorld, weights: ChoiceWeights): ChoiceModel {
  const { places, residents } = world;
  const tables = choiceTables(places, world.southern, weights);
  const explore = exploration(places, residents, tables, weights);
  const recallHabits = habitRecaller(places, world.clock, tables, weights);
  const moment = blankMoment();
  const recall = blankRecall();
  const shares = new Float64Array(CATEGORIES.length);
  const pulls = new Float64Array(places.size);
  const explored = new Float64Array(places.size);
  const done = new Uint8Array(CATEGORIES.length);

  const consider = (situation: Situation): number => {
    observe(moment, situation, world, weights.sequence);
    recallHabits(recall, situation, moment);
    return residents.curiosity[situation.user]!;
  };

  const draw = (situation: Situation, random: Random): number => {
    const curiosity = consider(situation);
    if (random.uniform() * (recall.total + curiosity) < recall.total) {
      return recall.places[drawFrom(recall.pulls, 0, recall.size, recall.total, random)]!;
    }
    const total = explore.categories(shares, moment);
    const category = drawFrom(shares, 0, shares.length, total, random);
    const sum = explore.places(pulls, category, moment);
    return tables.members[drawFrom(pulls, tables.offsets[category]!, tables.offsets[category + 1]!, sum, random)]!;
  };

  /** Probabilities under exploration of all places of a category, into `explored`, by place. */
  const exploreCategory = (category: number, total: number): void => {
    const scale = shares[category]! / total / explore.places(pulls, category, moment);
    for (let i = tables.offsets[category]!; i < tables.offsets[category + 1]!; i++) {
      explored[tables.members[i]!] = scale * pulls[i]!;
    }
    done[category] = 1;
  };

  const logProbabilities = (out: Float64Array | Float32Array, situation: Situation, candidates?: Int32Array): void => {
    const curiosity = consider(situation);
    const total = explore.categories(shares, moment);
    done.fill(0);
    const columns = candidates?.length ?? places.size;
    for (let column = 0; column < columns; column++) {
      const category = places.categories[candidates ? candidates[column]! : column]!;
      if (done[category] === 0) exploreCategory(category, total);
    }
    for (let i = 0; i < recall.size; i++) explored[recall.places[i]!]! += recall.pulls[i]! / curiosity;
    const share = curiosity / (recall.total + curiosity);
    for (let column = 0; column < columns; column++) {
      out[column] = Math.log(explored[candidates ? candidates[column]! : column]! * share);
    }
  };

  return { draw, logProbabilities };
}
