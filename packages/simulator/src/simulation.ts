/**
 * The loop of one arm. Visits come in order of time and are asked in batches; a batch ends with the day, when it is full,
 * and before a user would be in it twice, so that every question knows what the same user did before. What people do
 * is felt by them at once and known to the platform later: outcomes wait until they are due and are learnt at the start of
 * each day, or before each batch. Draws belong to (user, number of the visit), so that arms see the same people.
 */
import {
  DAY_MS,
  certainSlate,
  queryBatch,
  throwIfCancelled,
  type QueryBatch,
  type Random,
  type Report,
  type Slate,
} from "@sequitur/core";
import type { Behaviour } from "./behaviour.js";
import { checkSlates } from "./check-slates.js";
import { outcomeQueue } from "./outcome-queue.js";
import { peopleOf, type People, type Showing } from "./people.js";
import type { SlateServer } from "./slate-server.js";
import type { Visit, World } from "./world.js";
import { visitLog, type VisitLog } from "./worlds/visit-log.js";

export interface SimulationPlan {
  readonly behaviour: Behaviour;
  /** Positions of a slate. */
  readonly k: number;
  /** When the server learns: at the start of each day, or before each batch. */
  readonly learn?: "day" | "batch";
  /** Largest batch of questions. */
  readonly batchSize?: number;
  /** Latest items of a user's history that a question carries. */
  readonly historyLength?: number;
  /** Also works out the best slate of every visit, for the regret; costs the utilities of the whole catalogue. */
  readonly regret?: boolean;
  /** The same in all arms of one world. */
  readonly random: Random;
  readonly signal?: AbortSignal;
  readonly report?: Report;
}

/** A world in the course of time. */
export interface Simulation {
  /** Shows everybody the best slate there is: the ceiling, since it reads the people's minds. */
  readonly oracle: SlateServer;
  /** Lets the server answer all visits up to the start of day `untilDay`; `record` gets every slate in order of time. */
  run(server: SlateServer, untilDay: number, record: (showing: Showing) => void): Promise<void>;
}

/** A simulation at the world's start. Run it on with other servers: people and clicks on their way stay what they are. */
export function simulation(world: World, plan: SimulationPlan): Simulation {
  const { k, random, signal, report, learn = "day", batchSize = 256, historyLength = 50 } = plan;
  const people = peopleOf(world, { behaviour: plan.behaviour, k, regret: plan.regret ?? false, random });
  const known = knownLog(world, historyLength);
  const queue = outcomeQueue(plan.behaviour, known);
  const { users, times } = world.visits;
  const policyDraws = random.fork("policy");
  const open = openItems(world);
  let [row, day] = [0, 0];

  const answer = async (server: SlateServer, end: number, record: (showing: Showing) => void): Promise<void> => {
    const visits: Visit[] = [];
    for (let at = row; at < end; at++) {
      const visit = { user: users[at]!, now: times[at]! };
      if (people.arrive(visit)) visits.push(visit);
    }
    if (visits.length === 0) return;
    const batch = questionsOf(visits, known);
    const candidates = open(world.start + day * DAY_MS);
    const draws = policyDraws.fork(row);
    const slates = await server.ask({ batch, k, random: draws, ...(candidates && { candidates }) });
    checkSlates(slates, visits, k, world, server.name);
    for (const [b, visit] of visits.entries()) {
      const showing = people.react(visit, slates[b]!, day);
      queue.add(batch, b, slates[b]!, showing.click, showing.delay);
      record(showing);
    }
  };

  return {
    oracle: { name: "oracle", ask: ({ batch }) => bestSlates(batch, people) },
    async run(server, untilDay, record) {
      for (; day < untilDay; day++) {
        const tomorrow = world.start + (day + 1) * DAY_MS;
        await queue.deliver(tomorrow - DAY_MS, server);
        report?.({ task: server.name, done: day, total: world.days, unit: "days" });
        while (row < users.length && times[row]! < tomorrow) {
          throwIfCancelled(signal);
          if (learn === "batch") await queue.deliver(times[row]!, server);
          const end = batchEnd(users, times, row, tomorrow, batchSize);
          await answer(server, end, record);
          row = end;
        }
      }
      report?.({ task: server.name, done: day, total: world.days, unit: "days" });
    },
  };
}

function bestSlates({ users, now }: QueryBatch, people: People): Slate[] {
  return Array.from(users, (user, b) => certainSlate(people.bestSlate({ user, now: now[b]! })));
}

/** Past-last row of the batch that begins at `from`. */
function batchEnd(users: Int32Array, times: Float64Array, from: number, before: number, most: number): number {
  const met = new Set<number>();
  let end = from;
  while (end < users.length && end - from < most && times[end]! < before && !met.has(users[end]!))
    met.add(users[end++]!);
  return end;
}

/** What the platform knows each user to have done: the world's history, and clicks as they become known. */
function knownLog({ history, catalog }: World, length: number): VisitLog {
  const known = visitLog(catalog.users.size, length);
  for (let row = 0; row < history.size; row++) known.add(history.users[row]!, history.items[row]!, history.times[row]!);
  return known;
}

function questionsOf(visits: readonly Visit[], known: VisitLog): QueryBatch {
  return queryBatch(
    visits.map(({ user, now }) => {
      const { items, times, start, end } = known.rows(user);
      return { user, now, items: items.subarray(start, end), times: times.subarray(start, end) };
    }),
  );
}

/** Items that have opened by an instant, or undefined once that is all of them; asked in order of time. */
function openItems({ openedAt }: World): (instant: number) => Int32Array | undefined {
  let asked = Number.NaN;
  let items: Int32Array | undefined;
  return (instant) => {
    if (instant === asked) return items;
    asked = instant;
    const open = Int32Array.from(openedAt.keys()).filter((item) => openedAt[item]! <= instant);
    items = open.length === openedAt.length ? undefined : open;
    return items;
  };
}
