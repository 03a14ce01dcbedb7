import { expect, test } from "vitest";
import { events, lines, plain, write } from "../sources/event-log.fixture.js";
import { importFlags, quoted } from "./import-flags.js";
import { profileFile } from "./profile-file.js";

async function profile(name: string, content: string) {
  const found = await profileFile(write(name, content), {}, {});
  return { ...found, flags: importFlags(found.proposal, found.options) };
}

const iso = (time: number): string => new Date(time * 1000).toISOString().slice(0, 19).replace("T", " ");
const american = (time: number): string => {
  const [year, month, day] = iso(time).slice(0, 10).split("-").map(Number) as [number, number, number];
  return `${month}/${day}/${year} ${iso(time).slice(11, 16)}`;
};

const plainly: [string, string, string][] = [
  ["clicks.csv", lines(",", plain, ["user_id", "sku", "ts"]), "--map user=user_id,item=sku,time=ts"],
  [
    "ratings.csv",
    lines(";", (event) => [...plain(event), 4.5], ["userId", "movieId", "timestamp", "rating"]),
    "--map user=userId,item=movieId,time=timestamp,weight=rating",
  ],
  [
    "log.inter",
    lines("\t", plain, ["user_id:token", "item_id:token", "timestamp:float"]),
    "--map user=user_id:token,item=item_id:token,time=timestamp:float",
  ],
  [
    "us.csv",
    lines(",", ({ user, item, time }) => [user, item, american(time)], ["CustomerID", "StockCode", "InvoiceDate"]),
    "--map user=CustomerID,item=StockCode,time=InvoiceDate --time-format 'M/d/yyyy H:mm'",
  ],
  [
    "two.csv",
    lines(",", ({ user, item, time }) => [user, item, ...iso(time).split(" ")], ["user", "item", "date", "clock"]),
    "--map user=user,item=item,time=date+clock",
  ],
  [
    "three.csv",
    lines(",", ({ user, item, time }) => [user, item, ...iso(time).slice(0, 10).split("-")], [
      "user",
      "item",
      "year",
      "month",
      "day",
    ]),
    "--map user=user,item=item,time=year+month+day",
  ],
  [
    "shop.csv",
    lines(
      ",",
      ({ user, item, time }) => [`e${user}-${item}-${time}`, user, item, time, time % 7 === 0 ? "dislike" : "view"],
      ["event_id", "visitor", "product", "ts", "action"],
    ),
    "--map user=visitor,item=product,time=ts,kind=action,eventId=event_id",
  ],
  [
    "kinds-unknown.csv",
    lines(",", (event) => [...plain(event), "shoes"], ["user", "item", "time", "type"]),
    "--map user=user,item=item,time=time",
  ],
  ["lists.jsonl", '{"user":1,"item":[1,2],"time":1703089039}\n', "--map user=user,item=item,time=time --explode item"],
];
test.each(plainly)("%s: the mapping is plain, and imports", async (name, content, flags) => {
  const found = await profile(name, content);
  expect(found.proposal.doubts).toEqual([]);
  expect(found.flags).toBe(flags);
  expect(found.stats!.interactions).toBe(name === "lists.jsonl" ? 2 : events.length);
});

const doubtful: [string, string, RegExp, string][] = [
  [
    "bare.csv",
    lines(",", plain).split("\n").slice(1).join("\n"),
    /user: no column is named so, 1 is a guess/,
    "--map user=1,item=2,time=3 --no-header",
  ],
  [
    "both.csv",
    lines(",", (event) => [...plain(event), "x"], ["user", "item", "time", "customer"]),
    /user: user or customer/,
    "--map user=user,item=item,time=time",
  ],
  [
    "timeless.csv",
    lines(",", ({ user, item }) => [user, item], ["user", "item"]),
    /no column reads as times/,
    "--map user=user,item=item,order=rows",
  ],
  [
    "years.csv",
    lines(",", ({ user, item }) => [user, item, 2023], ["user", "item", "date"]),
    /column date does not read as times .*looks like a year/,
    "--map user=user,item=item,order=rows",
  ],
  [
    "excel.csv",
    lines(",", ({ user, item, time }) => [user, item, time / 86_400 + 25_569], ["user", "item", "date"]),
    /time unit: excel is a guess/,
    "--map user=user,item=item,time=date:excel",
  ],
  [
    "either.csv",
    lines(",", ({ user, item }) => [user, item, "01/02/2023"], ["user", "item", "date"]),
    /time format: M\/d\/yyyy or d\/M\/yyyy/,
    "--map user=user,item=item,time=date --time-format M/d/yyyy",
  ],
];
test.each(doubtful)("%s: a person must decide", async (name, content, doubt, flags) => {
  const found = await profile(name, content);
  expect(found.proposal.doubts.join("; ")).toMatch(doubt);
  expect(found.problems.join("; ")).toMatch(/Please check/);
  expect(found.flags).toBe(flags);
});

test("columns are described, and what is wrong in the rows is listed", async () => {
  const dirty = lines(",", (event, row) => (row === 3 ? ["", "i1", 1] : plain(event)));
  const { columns, problems, stats } = await profile("dirty.csv", dirty);
  expect(columns[0]).toEqual({ name: "user", type: "text", distinct: 20, empty: 1, examples: ["u0", "u1", "u2"] });
  expect(problems.join()).toMatch(/Bad rows, skipped: 1\. .*line 5: expected an id in column user/);
  expect(stats!.interactions).toBe(events.length - 1);
});

test("words are quoted where a shell needs it", () => {
  expect([quoted("a=b,c=#1"), quoted("it's"), quoted("user=u")]).toEqual(["'a=b,c=#1'", "'it'\\''s'", "user=u"]);
});
