/** What happened to each user so far, oldest first; only the latest entries are kept. */
export interface VisitLog {
  /** Rows start .. end of user u in `items` and `times`. */
  rows(user: number): {
    readonly items: Int32Array;
    readonly times: Float64Array;
    readonly start: number;
    readonly end: number;
  };
  /** Keeps a user's rows in order of time, equal ones in order of arrival. */
  add(user: number, item: number, time: number): void;
}

interface Rows {
  items: Int32Array;
  times: Float64Array;
  start: number;
  end: number;
}

const FIRST_CAPACITY = 16;

/**
 * An empty log that remembers the last `memory` entries of each user. A user costs what they did, at most 24 bytes for
 * each remembered entry.
 */
export function visitLog(users: number, memory: number): VisitLog {
  const all = new Array<Rows | undefined>(users);
  const empty: Rows = { items: new Int32Array(0), times: new Float64Array(0), start: 0, end: 0 };
  return {
    rows: (user) => all[user] ?? empty,
    add(user, item, time) {
      const rows = (all[user] ??= {
        items: new Int32Array(FIRST_CAPACITY),
        times: new Float64Array(FIRST_CAPACITY),
        start: 0,
        end: 0,
      });
      if (rows.end === rows.items.length) makeRoom(rows, memory);
      let at = rows.end++;
      for (; at > rows.start && rows.times[at - 1]! > time; at--) {
        rows.items[at] = rows.items[at - 1]!;
        rows.times[at] = rows.times[at - 1]!;
      }
      rows.items[at] = item;
      rows.times[at] = time;
      if (rows.end - rows.start > memory) rows.start++;
    },
  };
}

/** Moves the rows to the front of arrays of twice their length, or of the same arrays when the memory is full. */
function makeRoom(rows: Rows, memory: number): void {
  const length = Math.min(2 * memory, 2 * rows.items.length);
  const items = length > rows.items.length ? new Int32Array(length) : rows.items;
  const times = length > rows.times.length ? new Float64Array(length) : rows.times;
  items.set(rows.items.subarray(rows.start, rows.end));
  times.set(rows.times.subarray(rows.start, rows.end));
  rows.end -= rows.start;
  rows.start = 0;
  rows.items = items;
  rows.times = times;
}
