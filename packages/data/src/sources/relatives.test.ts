import { parquetWriteBuffer } from "hyparquet-writer";
import { parseConfig } from "@sequitur/core";
import { describe, expect, test } from "vitest";
import { compact } from "../filters/compact.js";
import { splitConfigSchema, splitInteractions } from "../splits/split-interactions.js";
import { BIG, events, lines, MAPPING, plain, read, write, type Event } from "./event-log.fixture.js";

describe("ids keep every digit", () => {
  const json = (text: (event: Event) => string): string => events.map((event) => `${text(event)}\n`).join("");
  const big = (id: number): bigint => BIG + BigInt(id);
  const kinds: [string, string, (event: Event) => string][] = [
    [
      "64-bit numbers",
      "big.jsonl",
      ({ user, item, time }) => `{"user":${big(user)},"item":${big(item)},"time":${time}}`,
    ],
    [
      "negative 64-bit numbers",
      "minus.jsonl",
      ({ user, item, time }) => `{"user":-${big(user)},"item":-${big(item)},"time":${time}}`,
    ],
    [
      "numbers of 30 digits",
      "huge.ndjson",
      ({ user, item, time }) => `{"user":1234567890${big(user)}1234,"item":5${big(item)}00000000,"time":${time}}`,
    ],
    [
      "numbers within structures",
      "nested.jsonl",
      ({ user, item, time }) => `{"user":{"id":${big(user)}},"item":{"id":${big(item)}},"time":${time}}`,
    ],
    [
      "MongoDB's numbers",
      "mongo.jsonl",
      ({ user, item, time }) =>
        `{"user":{"$numberLong":"${big(user)}"},"item":{"$oid":"65a${big(item)}"},"time":{"$date":"${new Date(time * 1000).toISOString()}"}}`,
    ],
  ];
  test.each(kinds)("JSON: %s", async (_what, name, row) => {
    const nested = name.startsWith("nested");
    const mapping = nested ? { user: "user.id", item: "item.id", time: "time" } : MAPPING;
    const { users, items, size } = await read(write(name, json(row)), {}, mapping);
    expect([users.size, items.size, size]).toEqual([20, 12, 200]);
    expect(users.ids.every((id) => id.includes("900719925474"))).toBe(true);
  });

  test("Parquet: decimals of any width and scale, 64-bit integers, bytes", async () => {
    const bytes = (id: number): Uint8Array =>
      Uint8Array.from({ length: 16 }, (_, at) => (at === 3 ? 200 : at === 15 ? id : 0));
    const table = (user: object, item: object): Uint8Array =>
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [
            { name: "user", ...user },
            { name: "item", ...item },
            { name: "time", data: events.map(({ time }) => BigInt(time)), type: "INT64" },
          ] as never,
        }),
      );
    const whole = (pick: (event: Event) => number) => ({
      data: events.map((event) => big(pick(event))),
      type: "INT64",
    });
    const fixed = (pick: (event: Event) => number) => ({
      data: events.map((event) => bytes(pick(event))),
      type: "FIXED_LEN_BYTE_ARRAY",
      type_length: 16,
    });
    const [user, item] = [(event: Event) => event.user, (event: Event) => event.item];
    const int64 = await read(write("int64.parquet", table(whole(user), whole(item))));
    expect([int64.users.size, int64.items.size]).toEqual([20, 12]);
    expect(int64.users.ids).toContain(String(BIG + 7n));
    const fixedBytes = await readRaw(
      "fixed.parquet",
      [
        { name: "user", type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, repetition_type: "REQUIRED" },
        { name: "item", type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, repetition_type: "REQUIRED" },
      ],
      fixed(user).data,
      fixed(item).data,
    );
    expect([fixedBytes.users.size, fixedBytes.items.size]).toEqual([20, 12]);
    expect(fixedBytes.users.ids[1]).toBe("000000c8000000000000000000000001");
  });

  async function readRaw(name: string, ids: readonly object[], users: readonly unknown[], items: readonly unknown[]) {
    const schema = [
      { name: "root", num_children: 3 },
      ...ids,
      { name: "time", type: "INT64", repetition_type: "REQUIRED" },
    ];
    const columnData = [
      { name: "user", data: users },
      { name: "item", data: items },
      { name: "time", data: events.map(({ time }) => BigInt(time)) },
    ];
    return read(write(name, new Uint8Array(parquetWriteBuffer({ columnData, schema } as never))));
  }

  const refused: [string, (event: Event) => string, RegExp][] = [
    [
      "true and false",
      ({ item }) => `{"user":${item % 2 === 0},"item":${item},"time":1703089039}`,
      /not true or false.*column user/,
    ],
    ["a list", ({ item }) => `{"user":"a","item":[${item},2],"time":1703089039}`, /not a list.*column item.*--explode/],
    [
      "a structure",
      ({ item }) => `{"user":{"id":${item},"n":"a"},"item":1,"time":1703089039}`,
      /not a structure.*column user.*it has id, n/,
    ],
  ];
  test.each(refused)("%s is no id", async (what, row, message) => {
    await expect(read(write(`${what.replaceAll(" ", "-")}.jsonl`, json(row)))).rejects.toThrow(message);
  });

  test("a floating-point id beyond 2^53 is refused, a smaller one noted", async () => {
    const table = (scale: number): Uint8Array =>
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [
            { name: "user", data: events.map(({ user }) => scale + user * 4), type: "DOUBLE" },
            { name: "item", data: events.map(({ item }) => `i${item}`) },
            { name: "time", data: events.map(({ time }) => BigInt(time)) },
          ] as never,
        }),
      );
    await expect(read(write("lost.parquet", table(2 ** 54)))).rejects.toThrow(
      /not a floating-point number beyond 2\^53.*column user/,
    );
    const { users, notes } = await read(write("double.parquet", table(0)));
    expect(users.ids[1]).toBe("4");
    expect(notes.join()).toMatch(/Column user holds floating-point numbers \(double\): 17.0 is read as the id 17/);
  });

  test("lists become rows on request, as values and as text", async () => {
    const rows = Array.from({ length: 20 }, (_, user) => events.filter((event) => event.user === user));
    const lists = rows.map((own, user) =>
      JSON.stringify({ user, item: own.map(({ item }) => item), time: own.map(({ time }) => time) }),
    );
    const exploded = await read(write("lists.jsonl", lists.join("\n")), { explode: ["item", "time"] });
    expect([exploded.users.size, exploded.items.size, exploded.size]).toEqual([20, 12, 200]);
    const words = rows.map((own, user) => `${user}\t${own.map(({ item }) => `i${item}`).join(" ")}`).join("\n");
    const ordered = await read(
      write("words.tsv", `user\thistory\n${words}\n`),
      { explode: ["history"] },
      { user: "user", item: "history", order: "rows" },
    );
    expect([ordered.users.size, ordered.items.size, ordered.size]).toEqual([20, 12, 200]);
    await expect(
      read(write("uneven.jsonl", '{"user":1,"item":[1,2],"time":[1703089039]}'), { explode: ["item", "time"] }),
    ).rejects.toThrow(/line 1: expected lists of equal length, got 2 in item, 1 in time/);
  });
});

describe("rows are never lost silently", () => {
  const titled = (separator: string, quote: (index: number, title: string) => string): string =>
    lines(separator, (event, index) => [...plain(event), quote(index, `T ${event.item}`)], [
      "user",
      "item",
      "time",
      "title",
    ]);
  const stray = (index: number, title: string): string =>
    index === 20 ? `"${title}` : index === 120 ? `${title}"` : title;

  test("a stray quote is a character in tsv, and an error with both lines in csv", async () => {
    expect((await read(write("stray.tsv", titled("\t", stray)))).size).toBe(200);
    await expect(read(write("stray.csv", titled(",", stray)))).rejects.toThrow(/from line 22 to line 122.*--no-quotes/);
    expect((await read(write("stray2.csv", titled(",", stray)), { quotes: false })).size).toBe(200);
    const next = (index: number, title: string): string =>
      index === 20 ? `"${title}` : index === 21 ? `${title}"` : title;
    await expect(read(write("next.csv", titled(",", next)))).rejects.toThrow(/from line 22 to line 23/);
    const open = (index: number, title: string): string => (index === 20 ? `"${title}` : title);
    await expect(read(write("open.csv", titled(",", open)))).rejects.toThrow(/line 22: .*a quote that never ends/);
  });

  test("a stray quote in a table of items is an error too, and texts over lines are counted", async () => {
    const log = write("for-items.csv", lines(",", plain));
    const items = (text: (index: number) => string): string =>
      `id,title,price\n${Array.from({ length: 12 }, (_, index) => `i${index},${text(index)},3\n`).join("")}`;
    const from = (name: string, text: (index: number) => string) =>
      read(log, { items: { file: write(name, items(text)), mapping: { item: "id", title: "title" } } });
    await expect(from("bad-items.csv", (i) => (i === 2 ? '"T' : i === 9 ? 'T"' : "T"))).rejects.toThrow(
      /bad-items\.csv, line 4: .*from line 4 to line 11/,
    );
    const good = await from("good-items.csv", (i) => `"title ${i}\nof two lines"`);
    expect(good.notes.join()).toMatch(
      /good-items\.csv: 12 quoted fields run over several lines, the longest from line 2 to line 3/,
    );
  });

  test("bad rows stop the import, or are skipped up to a limit and listed", async () => {
    const dirty = (index: number, [user, item, time]: [string, string, number]): (string | number)[] => {
      if (index === 5) return [user, "", time];
      if (index === 6) return [user, item, time, "one more"];
      if (index === 7) return ["user", "item", "time"];
      if (index === 8) return ["u99", item, 0];
      return [user, item, time];
    };
    const path = write(
      "dirty.csv",
      lines(",", (event, index) => dirty(index, plain(event))),
    );
    await expect(read(path)).rejects.toThrow(/line 7: expected an id in column item/);
    await expect(read(path, { skipBad: 3 })).rejects.toThrow(/It is bad row 4, and at most 3 may be skipped/);
    const { size, users, notes } = await read(path, { skipBad: 10 });
    expect([size, users.size]).toEqual([196, 20]);
    expect(notes[0]).toMatch(/Bad rows, skipped: 4 \(at most 10 allowed\)\. .*line 7.*line 8.*line 9.*line 10/);
    const broken = write(
      "broken.jsonl",
      '{"user":1,"item":2,"time":1703089039}\n{"user":1,"it\n{"user":2,"item":2,"time":1703089040}\n',
    );
    expect((await read(broken, { skipBad: 1 })).size).toBe(2);
  });
});

describe("joins say what does not match", () => {
  const join = async (
    events: (event: Event) => readonly [string, string, number],
    id: (item: number) => string,
    more = {},
  ) => {
    const log = write("join.csv", lines(",", events));
    const items = `id,title\n${Array.from({ length: 12 }, (_, item) => `${id(item)},T${item}\n`).join("")}`;
    return read(log, {
      items: { file: write("join-items.csv", items), mapping: { item: "id", title: "title" } },
      ...more,
    });
  };
  const numbered = ({ user, item, time }: Event): [string, string, number] => [`u${user}`, `${item + 10}.0`, time];

  test("nothing matches: examples of both sides and what would make them one", async () => {
    const { notes } = await join(numbered, (item) => String(item + 10));
    expect(notes.join("\n")).toMatch(
      /its 12 rows describe none of 12 items\. Ids there look like "10", "11", "12", those of the events like "1\d\.0"/,
    );
    expect(notes.join("\n")).toContain("--ids whole");
    const { notes: none, interactions } = await join(numbered, (item) => `000${item + 10}`, { ids: "whole" });
    expect(none.join("\n")).not.toMatch(/describe/);
    expect(interactions.catalog.itemColumns.titles!.every((title) => title !== "")).toBe(true);
  });

  test("little matches, or case differs, or a row is repeated", async () => {
    expect((await join(plain, (item) => (item < 11 ? `i${item}` : "i99"))).notes.join()).toMatch(
      /describe 11 of 12 items\. Without a row: "i11"/,
    );
    expect((await join(plain, (item) => `I${item} `)).notes.join()).toMatch(
      /none of 12 items.*They differ in case or blanks/,
    );
    expect((await join(plain, (item) => `i${item % 6}`)).notes.join()).toMatch(/6 rows repeat an id/);
  });
});

describe("ids that look wrong are noted", () => {
  const odd: [string, (user: number) => string, RegExp][] = [
    [
      "missing",
      (user) => (user < 3 ? ["NaN", "null", "\\N"][user]! : `u${user}`),
      /User ids: some are what programs write for a missing value/,
    ],
    ["blanks", (user) => (user < 3 ? ` u${user}` : `u${user}`), /some begin or end with a blank/],
    [
      "accents",
      (user) => (user === 0 ? "café" : user === 1 ? "cafe\u0301" : `u${user}`),
      /differ only in how accents are encoded/,
    ],
    ["floats", (user) => `${user}.0`, /all end in \.0.*--ids whole/],
  ];
  test.each(odd)("%s", async (what, id, message) => {
    const { notes } = await read(
      write(
        `odd-${what}.csv`,
        lines(",", (event) => [id(event.user), event.item, event.time]),
      ),
    );
    expect(notes.join("\n")).toMatch(message);
  });
});

describe("times of several columns, and an order in place of times", () => {
  const parts = ({ user, item, time }: Event): (string | number)[] => {
    const [date, clock] = new Date(time * 1000).toISOString().slice(0, 19).split("T") as [string, string];
    return [`u${user}`, `i${item}`, date, clock, ...date.split("-").map(Number)];
  };
  const path = write("parts.csv", lines(",", parts, ["user", "item", "date", "clock", "year", "month", "day"]));

  test("date and clock, day and month and year", async () => {
    const joined = await read(path, {}, { user: "user", item: "item", time: "date+clock" });
    expect(Math.max(...joined.times)).toBe(Math.max(...events.map(({ time }) => time)) * 1000);
    const days = await read(path, {}, { user: "user", item: "item", time: "day+month+year" });
    expect(days.times.every((time) => time % 86_400_000 === 0)).toBe(true);
    expect(new Date(Math.min(...days.times)).getUTCFullYear()).toBe(2023);
  });

  test("rows or a column give the order, and the data says so", async () => {
    const rows = await read(path, {}, { user: "user", item: "item", order: "rows" });
    expect(rows.interactions.catalog.timesAre).toBe("order");
    expect(rows.notes[0]).toMatch(/^No times: the order of the rows gives the order/);
    const split = (config: object) => () =>
      splitInteractions(rows.interactions, parseConfig(splitConfigSchema, config, "split"));
    expect(split({ kind: "temporal" })).toThrow(/the split temporal needs times, and this data set has only the order/);
    expect(split({ kind: "trajectory" })).toThrow(/the split trajectory needs times/);
    expect(split({ kind: "leave-one-out", sessionGapHours: 8 })).toThrow(/sessionGapHours needs times/);
    expect(split({ kind: "leave-one-out" })().test.queries.size).toBe(20);
    expect(compact(rows.interactions, Int32Array.of(0, 1)).catalog.timesAre).toBe("order");
    const column = await read(path, {}, { user: "user", item: "item", order: "day" });
    expect(column.notes[0]).toMatch(/column day gives the order/);
    await expect(read(path, {}, { user: "user", item: "item" })).rejects.toThrow(
      /order=rows for the order of the rows/,
    );
    await expect(read(path, {}, { ...MAPPING, time: "date", order: "rows" })).rejects.toThrow(
      /expected time or order, got both/,
    );
  });
});
