import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { ImportOptions } from "../datasets/open-dataset.js";
import { events, lines, MAPPING, plain, read, write } from "./event-log.fixture.js";

describe("shapes of delimited text", () => {
  const header = ["user", "item", "time"];
  const cases: [string, string | Uint8Array, Partial<ImportOptions>?, object?][] = [
    ["semicolon.csv", lines(";", plain)],
    ["tab.csv", lines("\t", plain)],
    ["bar.txt", lines("|", plain)],
    ["colons.dat", lines("::", plain)],
    ["blank.csv", lines(", ", plain)],
    ["case.csv", lines(",", plain, ["USER", " Item", "Time "])],
    ["mark.csv", `\ufeff${lines(",", plain)}`],
    ["excel.csv", `sep=;\n${lines(";", plain)}`],
    ["comments.csv", `# made by a tool\n# on a day\n\n${lines(",", plain)}`],
    ["hash.tsv", lines("\t", plain, ["#user", "item", "time"])],
    ["cr.csv", lines(",", plain).replaceAll("\n", "\r")],
    ["crlf.csv", lines(",", plain).replaceAll("\n", "\r\n")],
    ["wide.csv", Buffer.from(`\ufeff${lines("\t", plain)}`, "utf16le")],
    [
      "quoted.tsv",
      lines(
        "\t",
        (event) => plain(event).map((field) => `"${field}"`),
        header.map((name) => `"${name}"`),
      ),
    ],
    ["log.inter", lines("\t", plain, ["user:token", "item:token", "time:float"])],
    ["places.csv", lines(",", plain, ["id", "id", "time"]), {}, { user: "#1", item: "#2", time: "#3" }],
    [
      "bare.data",
      lines("\t", plain).split("\n").slice(1).join("\n"),
      { header: false },
      { user: "1", item: "2", time: "3" },
    ],
    ["whole.csv", lines(",", ({ user, item, time }) => [`${user}.0`, `000${item}`, time]), { ids: "whole" }],
    ["list.json", JSON.stringify(events.map(({ user, item, time }) => ({ user, item, time })))],
    [
      "pretty.json",
      JSON.stringify(
        events.map(({ user, item, time }) => ({ user, item, time, tags: ["a{", { b: "]}" }] })),
        undefined,
        2,
      ),
    ],
    ["objects.json", events.map((event) => JSON.stringify(event, undefined, 2)).join("\n")],
    ["named-wrong.txt", events.map((event) => JSON.stringify(event)).join("\n")],
    ["packed.csv.gz", gzipSync(lines(",", plain))],
  ];
  test.each(cases)("%s is read", async (name, content, more = {}, mapping = MAPPING) => {
    const { users, items, size, times } = await read(write(name, content), more, mapping);
    expect([users.size, items.size, size]).toEqual([20, 12, 200]);
    expect(Math.min(...times)).toBeGreaterThan(1_699_999_999_999);
  });

  const hinted: [string, string, RegExp][] = [
    [
      "bare.csv",
      lines(",", plain).split("\n").slice(1).join("\n"),
      /The first line looks like data: with --no-header the columns are named 1, 2, 3/,
    ],
    [
      "twice.csv",
      lines(",", plain, ["user", "user", "time"]),
      /expected one column "user", got 2: name it by its place, #1 or #2/,
    ],
    ["other.csv", lines(",", plain, ["uid", "sku", "ts"]), /expected a column "user", got the columns uid, sku, ts\.$/],
  ];
  test.each(hinted)("%s is met with a hint", async (name, content, message) => {
    await expect(read(write(name, content))).rejects.toThrow(message);
  });

  test("backslash escapes and a decimal comma are read on request, and hinted at", async () => {
    const header = ["user", "item", "time", "title"];
    const escaped = write(
      "books.csv",
      lines(",", (event) => [...plain(event), '"The \\"best\\" of, all"'], header),
    );
    await expect(read(escaped)).rejects.toThrow(/--escape/);
    const { interactions } = await read(escaped, { escape: "\\" }, { ...MAPPING, title: "title" });
    expect(interactions.catalog.itemColumns.titles![0]).toBe('The "best" of, all');
    const commas = write(
      "commas.csv",
      lines(";", (event) => [...plain(event), "4,5"], ["user", "item", "time", "stars"]),
    );
    await expect(read(commas, {}, { ...MAPPING, weight: "stars" })).rejects.toThrow(/--decimal comma/);
    const starred = await read(commas, { decimal: "comma" }, { ...MAPPING, weight: "stars" });
    expect(starred.interactions.context.weight![0]).toBe(4.5);
  });
});
