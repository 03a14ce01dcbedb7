import { describe, expect, it } from "vitest";
import { idTable } from "./id-table.js";
import { interactionsFrom, itemCounts, selectRows, type InteractionColumns } from "./interactions.js";
import { Random } from "./random.js";

const catalog = {
  users: idTable(["a", "b", "c"]),
  items: idTable(["w", "x", "y", "z"]),
  itemColumns: {},
};

function columns(rows: readonly (readonly [number, number, number])[]): InteractionColumns {
  return {
    users: Int32Array.from(rows, (r) => r[0]),
    items: Int32Array.from(rows, (r) => r[1]),
    times: Float64Array.from(rows, (r) => r[2]),
    context: { position: Int32Array.from(rows, (_, at) => at) },
  };
}

describe("interactionsFrom", () => {
  it("sorts by user, then time, ties in input order, and carries the context along", () => {
    const made = interactionsFrom(
      catalog,
      columns([
        [2, 0, 5],
        [0, 1, 9],
        [0, 2, 3],
        [0, 3, 9],
        [2, 1, 5],
      ]),
    );
    expect([...made.users]).toEqual([0, 0, 0, 2, 2]);
    expect([...made.items]).toEqual([2, 1, 3, 0, 1]);
    expect([...made.context.position!]).toEqual([2, 1, 3, 0, 4]);
    expect([...made.userOffsets]).toEqual([0, 3, 3, 5]);
    expect([...itemCounts(made)]).toEqual([1, 2, 1, 1]);
  });

  it("equals a stable sort of random rows", () => {
    const random = new Random(1);
    for (let round = 0; round < 20; round++) {
      const rows = Array.from({ length: random.integer(60) }, () => {
        return [random.integer(3), random.integer(4), random.integer(4)] as const;
      });
      const order = rows
        .map((_, at) => at)
        .sort((a, b) => rows[a]![0] - rows[b]![0] || rows[a]![2] - rows[b]![2] || a - b);
      expect([...interactionsFrom(catalog, columns(rows)).context.position!]).toEqual(order);
    }
  });

  it("takes no rows", () => {
    expect([...interactionsFrom(catalog, columns([])).userOffsets]).toEqual([0, 0, 0, 0]);
  });

  it("names the row of what is wrong", () => {
    expect(() => interactionsFrom(catalog, columns([[3, 0, 0]]))).toThrow("user must be in [0, 3), got 3 at row 0.");
    expect(() => interactionsFrom(catalog, columns([[0, -1, 0]]))).toThrow("item must be in [0, 4), got -1 at row 0.");
    expect(() =>
      interactionsFrom(
        catalog,
        columns([
          [0, 0, 0],
          [0, 0, Number.NaN],
        ]),
      ),
    ).toThrow("time must be a finite number of ms, got NaN at row 1.");
    const short = { ...columns([[0, 0, 0]]), times: new Float64Array(2) };
    expect(() => interactionsFrom(catalog, short)).toThrow("column times must have 1 rows like users, got 2.");
  });

  it("selects rows", () => {
    const made = interactionsFrom(
      catalog,
      columns([
        [0, 1, 1],
        [0, 2, 2],
        [1, 3, 3],
      ]),
    );
    const selected = selectRows(made, Int32Array.of(1, 2));
    expect([...selected.items]).toEqual([2, 3]);
    expect([...selected.context.position!]).toEqual([1, 2]);
    expect([...selected.userOffsets]).toEqual([0, 1, 2, 2]);
  });
});
