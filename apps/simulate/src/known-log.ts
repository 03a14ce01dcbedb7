import { clicksOf, interactionsFrom, type Interactions, type SlateLog } from "@sequitur/core";
import { slateLogBuilder, type Outcomes, type World } from "@sequitur/simulator";

/** What the platform has learnt so far: the world's history, and every slate whose outcome is known. */
export interface KnownLog {
  add(outcomes: Outcomes): void;
  slates(): SlateLog;
  /** History and clicks, what models of plain interactions are fitted on. */
  interactions(): Interactions;
}

/** An empty log over a world's history. */
export function knownLog({ catalog, history }: World): KnownLog {
  const builder = slateLogBuilder(catalog);
  return {
    add({ batch, slates, clicks }) {
      for (const [b, slate] of slates.entries()) builder.add(batch.users[b]!, batch.now[b]!, slate, clicks[b]!);
    },
    slates: () => builder.log(),
    interactions() {
      const clicks = clicksOf(builder.log());
      return interactionsFrom(catalog, {
        users: joined(history.users, clicks.users),
        items: joined(history.items, clicks.items),
        times: joined(history.times, clicks.times),
      });
    },
  };
}

function joined<T extends Int32Array | Float64Array>(a: T, b: T): T {
  const Column = a.constructor as new (length: number) => T;
  const out = new Column(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
