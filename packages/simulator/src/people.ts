import { NONE, type Random, type Slate } from "@sequitur/core";
import type { Behaviour } from "./behaviour.js";
import type { ClickModel, SeenSlate } from "./click-models/click-model.js";
import { clickModelOf } from "./click-models/click-models.js";
import { fatigueOf, type Fatigue } from "./fatigue.js";
import type { Population, Visit, World } from "./world.js";

/** One slate and what came of it. */
export interface Showing {
  readonly user: number;
  /** ms since the epoch, UTC. */
  readonly now: number;
  /** 0-based, from the world's first. */
  readonly day: number;
  readonly slate: Slate;
  /** (k) 1 where it was clicked; valid until the next showing. */
  readonly clicked: Uint8Array;
  /** The click that the server is told of, the last one: its position or NONE. */
  readonly click: number;
  readonly satisfied: boolean;
  /** Exact expected clicks of the slate, given the person's state. */
  readonly expected: number;
  /** Of the best slate of all items that are there at this instant; NaN unless asked for. */
  readonly best: number;
}

/** The people of one arm, and all that their slates do to them. */
export interface People {
  /** The user opens the app, unless earlier slates have put them off. Once for every visit, in order of time. */
  arrive(visit: Visit): boolean;
  /** The slate with the most expected clicks at this moment, of all items that are there by now. */
  bestSlate(visit: Visit): Int32Array;
  /** They read the slate; `delay` in [0, 1) is the visit's own draw for the way of its click to the platform. */
  react(visit: Visit, slate: Slate, day: number): Showing & { readonly delay: number };
}

/** Share of a user's mood that a slate leaves as it was. */
const MOOD_MEMORY = 0.8;

interface PeopleOptions {
  readonly behaviour: Behaviour;
  readonly k: number;
  readonly regret: boolean;
  readonly random: Random;
}

/** The people of a world at its start. Their draws are named by user and number of the visit. */
export function peopleOf(world: World, { behaviour, k, regret, random }: PeopleOptions): People {
  const draws = random.fork("people");
  const size = world.catalog.users.size;
  const population = world.populate();
  const clickModel = clickModelOf(behaviour.clicks);
  const fatigue = fatigueOf(size, k, behaviour);
  const minds = mindsOf(world, population, fatigue, clickModel, k);
  const visitsSoFar = new Int32Array(size);
  const moods = new Float64Array(size).fill(1);
  const clicked = new Uint8Array(k);
  const drawsOf = ({ user }: Visit, what: string): Random => draws.fork(`${user}/${visitsSoFar[user]}/${what}`);
  return {
    bestSlate: minds.bestSlate,
    arrive(visit) {
      visitsSoFar[visit.user]! += 1;
      const life = drawsOf(visit, "life");
      const staysAway = life.uniform() < behaviour.churn * (1 - moods[visit.user]!);
      population.arrive(visit, life);
      return !staysAway;
    },
    react(visit, slate, day) {
      const { user, now } = visit;
      const best = regret ? minds.expectedClicks(minds.seen(visit, minds.bestSlate(visit))) : Number.NaN;
      const seen = minds.seen(visit, slate.items);
      const expected = minds.expectedClicks(seen);
      const reading = drawsOf(visit, "clicks");
      // The delay is drawn first, so that it does not depend on how far the reading goes.
      const delay = reading.uniform();
      const satisfied = clickModel.draw(clicked, seen, reading);
      let click = NONE;
      for (let position = 0; position < seen.size; position++) {
        if (clicked[position] === 0) continue;
        click = position;
        population.clicked(visit, slate.items[position]!);
      }
      fatigue.shown(user, now, slate.items);
      moods[user] = MOOD_MEMORY * moods[user]! + (satisfied ? 1 - MOOD_MEMORY : 0);
      return { user, now, day, slate, clicked, click, satisfied, expected, best, delay };
    },
  };
}

/** What goes on in people before they click. */
function mindsOf(world: World, population: Population, fatigue: Fatigue, clickModel: ClickModel, k: number) {
  const all = new Float64Array(world.catalog.items.size);
  const chances = new Float64Array(k);
  return {
    seen(visit: Visit, items: Int32Array): SeenSlate {
      const utilities = new Float64Array(items.length);
      population.utilities(utilities, visit, items);
      fatigue.apply(utilities, visit.user, visit.now, items);
      const satisfactions = Float64Array.from(items, (item) => world.satisfactions[item]!);
      return { size: items.length, utilities, satisfactions };
    },
    expectedClicks(slate: SeenSlate): number {
      clickModel.probabilities(chances, slate);
      let sum = 0;
      for (let position = 0; position < slate.size; position++) sum += chances[position]!;
      return sum;
    },
    bestSlate(this: void, visit: Visit): Int32Array {
      population.utilities(all, visit);
      fatigue.apply(all, visit.user, visit.now);
      return clickModel.best(all, world.satisfactions, k);
    },
  };
}
