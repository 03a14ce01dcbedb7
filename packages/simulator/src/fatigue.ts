import { DAY_MS } from "@sequitur/core";
import type { Behaviour } from "./behaviour.js";

/** How tired each user is of what they were shown. */
export interface Fatigue {
  /** Lowers the utilities of `items`, or of the whole catalogue, in place. */
  apply(utilities: Float64Array, user: number, now: number, items?: Int32Array): void;
  /** Remembers that these were shown. */
  shown(user: number, now: number, items: Int32Array): void;
}

interface Memory {
  readonly items: Int32Array;
  readonly times: Float64Array;
  next: number;
}

/** utility -= fatigue x sum over recent showings of 2^(-age / fatigueDays); a user costs 12 bytes a remembered item. */
export function fatigueOf(users: number, k: number, behaviour: Behaviour): Fatigue {
  const { fatigue, fatigueDays, fatigueSlates } = behaviour;
  if (fatigue === 0) return { apply() {}, shown() {} };
  const room = fatigueSlates * k;
  const memories = new Array<Memory | undefined>(users);
  return {
    apply(utilities, user, now, items) {
      const memory = memories[user];
      if (memory === undefined) return;
      for (let i = 0; i < room; i++) {
        const item = memory.items[i]!;
        if (item < 0) break;
        const at = items === undefined ? item : items.indexOf(item);
        if (at >= 0) utilities[at]! -= fatigue * 2 ** ((memory.times[i]! - now) / DAY_MS / fatigueDays);
      }
    },
    shown(user, now, items) {
      const memory = (memories[user] ??= {
        items: new Int32Array(room).fill(-1),
        times: new Float64Array(room),
        next: 0,
      });
      for (const item of items) {
        memory.items[memory.next] = item;
        memory.times[memory.next] = now;
        memory.next = (memory.next + 1) % room;
      }
    },
  };
}
