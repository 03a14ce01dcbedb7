import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { importDataset, type ImportOptions } from "../datasets/open-dataset.js";
import { mappedOptions } from "./mapping.js";

// Each field that an import may be given changes what is read, or is refused: a field that nothing reads would leave two
// imports alike. The fields come from the schema, so that a new one fails here until it is shown to act.

const folder = mkdtempSync(join(tmpdir(), "every-field-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const COLUMNS = "u,u2,i,i2,t,t2,d,w,kind,e,s,p,lat,lat2,lon,lon2,utc,name,cat,blurb,part";
const ROWS = [
  "07,a,1.0,x,1500000000,1500000900,03/04/2020,2,view,e1,s1,0,40,41,10,11,60,One,a|b;c,text,train",
  "7,b,1,y,1500000100,1500000100,05/06/2020,4,dislike,e2,s2,1,42,43,12,13,120,Two,b|c;d,more,train",
  "7,b,2,y,1500000200,1500000000,07/08/2020,1,cart,e2,s2,2,42,43,12,13,120,Three,c|d;e,words,test",
];
const LOG = write("log.csv", [COLUMNS, ...ROWS].join("\n"));
const MORE = write("more.csv", [COLUMNS, ROWS[2]!.replace("e2", "e9").replace(",2,y", ",3,z")].join("\n"));
const ITEMS = write(
  "items.csv",
  "id,id2,name,cat,blurb,lat,lat2,lon,lon2,hours,zone,price,stock,there,from,until,brand\n" +
    "1,2,Mug,a|b;c,blue,40,41,10,11,24/7,Europe/Rome,5,3,yes,2020-01-01,2030-01-01,Acme\n" +
    "9,1,Pot,b;c|d,red,42,43,12,13,Mo 08:00-10:00,UTC,6,0,no,2021-01-01,2031-01-01,Bolt\n",
);
const USERS = write("users.csv", "id,id2,age\n7,07,41\n07,7,42\n");
const BASE = { user: "u", item: "i", time: "t" };

type Source = Record<string, unknown> & { readonly mapping?: object };
/** Two sources that differ in one field. */
type Pair = readonly [one: Source, other: Source];

const mapped = (one: object, other: object = {}): Pair => [
  { mapping: { ...BASE, ...one } },
  { mapping: { ...BASE, ...other } },
];
const items = (one: object, other: object = {}): Pair =>
  [one, other].map((mapping) => ({ items: { file: ITEMS, mapping: { item: "id", ...mapping } } })) as unknown as Pair;
const dated = { user: "u", item: "i", time: "d", timeFormat: "dd/MM/yyyy" };

const PAIRS: Record<string, Pair> = {
  files: [{ files: [LOG] }, { files: [LOG, MORE] }],
  validation: [{ validation: [MORE] }, {}],
  test: [{ test: [MORE] }, {}],
  explode: [
    { files: [write("lists.csv", "u,i,t\na,1|2,1500000000\n")], explode: ["i"] },
    { files: [join(folder, "lists.csv")] },
  ],
  ids: [{ ids: "whole" }, {}],
  skipBad: [
    { files: [write("bad.csv", "u,i,t\na,1,1500000000\na,2,never\n")], skipBad: 1 },
    { files: [join(folder, "bad.csv")] },
  ],
  "mapping.user": mapped({ user: "u2" }),
  "mapping.item": mapped({ item: "i2" }),
  "mapping.time": mapped({ time: "t2" }),
  "mapping.timeUnit": mapped({ timeUnit: "iso" }),
  "mapping.timeFormat": mapped(dated, { ...dated, timeFormat: "MM/dd/yyyy" }),
  "mapping.timeZone": mapped({ ...dated, timeZone: "Asia/Tokyo" }, dated),
  "mapping.order": [
    { mapping: { user: "u2", item: "i", order: "t2" } },
    { mapping: { user: "u2", item: "i", order: "rows" } },
  ],
  "mapping.weight": mapped({ weight: "w" }),
  "mapping.value": mapped({ value: "w" }, { weight: "w" }),
  "mapping.kind": mapped({ kind: "kind" }),
  "mapping.eventId": mapped({ eventId: "e" }),
  "mapping.signals": mapped({ kind: "kind", signals: "view=3" }, { kind: "kind" }),
  "mapping.session": mapped({ session: "s" }),
  "mapping.position": mapped({ position: "p" }),
  "mapping.part": mapped({ part: "part" }),
  "mapping.latitude": mapped({ latitude: "lat2", longitude: "lon" }, { latitude: "lat", longitude: "lon" }),
  "mapping.longitude": mapped({ latitude: "lat", longitude: "lon2" }, { latitude: "lat", longitude: "lon" }),
  "mapping.utcOffsetMinutes": mapped({ utcOffsetMinutes: "utc" }),
  "mapping.title": mapped({ title: "name" }),
  "mapping.category": mapped({ category: "cat" }),
  "mapping.text": mapped({ text: ["blurb"] }),
  "mapping.categorySeparator": mapped({ category: "cat", categorySeparator: ";" }, { category: "cat" }),
  "items.file": [
    items({ title: "name" })[0],
    { items: { file: write("other.csv", "id,name\n1,Cup\n"), mapping: { item: "id", title: "name" } } },
  ],
  "items.mapping.item": items({ item: "id2", title: "name" }, { title: "name" }),
  "items.mapping.title": items({ title: "name" }),
  "items.mapping.category": items({ category: "cat" }),
  "items.mapping.text": items({ text: ["blurb"] }),
  "items.mapping.categorySeparator": items({ category: "cat", categorySeparator: ";" }, { category: "cat" }),
  "items.mapping.latitude": items({ latitude: "lat2", longitude: "lon" }, { latitude: "lat", longitude: "lon" }),
  "items.mapping.longitude": items({ latitude: "lat", longitude: "lon2" }, { latitude: "lat", longitude: "lon" }),
  "items.mapping.openingHours": items({ openingHours: "hours" }),
  "items.mapping.timeZone": items({ timeZone: "zone" }),
  "items.mapping.price": items({ price: "price" }),
  "items.mapping.stock": items({ stock: "stock" }),
  "items.mapping.availability": items({ availability: "there" }),
  "items.mapping.availableFrom": items({ availableFrom: "from" }),
  "items.mapping.availableUntil": items({ availableUntil: "until" }),
  "items.mapping.attributes": items({ attributes: ["brand"] }),
  "users.file": [
    { users: { file: USERS, mapping: { user: "id", attributes: ["age"] } } },
    { users: { file: write("people.csv", "id,age\n7,50\n"), mapping: { user: "id", attributes: ["age"] } } },
  ],
  "users.mapping.user": [
    { users: { file: USERS, mapping: { user: "id", attributes: ["age"] } } },
    { users: { file: USERS, mapping: { user: "id2", attributes: ["age"] } } },
  ],
  "users.mapping.attributes": [{ users: { file: USERS, mapping: { user: "id", attributes: ["age"] } } }, {}],
  ...formats("", (file, format) => ({
    files: [file],
    ...format,
    mapping: { user: "k", item: "v", order: "rows", weight: "w" },
  })),
  ...formats("items.", (file, format) => ({
    items: { file, ...format, mapping: { item: "k", title: "v", price: "w" } },
  })),
  ...formats("users.", (file, format) => ({
    users: { file, ...format, mapping: { user: "k", attributes: ["v", "w"] } },
  })),
};

/** The fields that say how a table is written, for one of the tables of an import. */
function formats(prefix: string, source: (file: string, format: object) => Source): Record<string, Pair> {
  const table = (name: string, text: string | Uint8Array): string => write(`${prefix}${name}`, text);
  const pair = (file: string, one: object, other: object = {}): Pair => [source(file, one), source(file, other)];
  const headless = table("headless.csv", "k,v,w\n7,Mug,1\n");
  return {
    [`${prefix}format`]: pair(table("rows.txt", "k,v,w\n7,Mug,1\n"), { format: "csv" }, { format: "jsonl" }),
    [`${prefix}separator`]: pair(table("bars.csv", "k;v;w\n7;Mug;1\n"), { separator: ";" }, { separator: "," }),
    [`${prefix}header`]: pair(headless, { header: false }),
    [`${prefix}encoding`]: pair(table("latin.csv", Buffer.from("k,v,w\n7,Caf\xe9,1\n", "latin1")), {
      encoding: "iso-8859-1",
    }),
    [`${prefix}quotes`]: pair(table("quoted.csv", 'k,v,w\n7,"Mug",1\n'), { quotes: false }),
    [`${prefix}escape`]: pair(table("escaped.csv", 'k,v,w\n7,"Big \\"Mug",1\n'), { escape: "\\" }),
    [`${prefix}decimal`]: pair(
      table("comma.csv", "k;v;w\n7;Mug;1,5\n"),
      { decimal: "comma", separator: ";" },
      { separator: ";" },
    ),
  };
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}

/** Every leaf of the schema by its path; a table of signals is one (its own tests say what it means). */
function leaves(schema: SchemaNode, prefix = ""): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]) => {
    const path = `${prefix}${key}`;
    const isBranch = field.properties !== undefined && path !== "mapping.signals";
    return isBranch ? leaves(field, `${path}.`) : [path];
  });
}

/** All that an import gives, or its refusal. */
async function outcome(source: Source): Promise<string> {
  const whole = { files: [LOG], mapping: BASE, ...source } as unknown as ImportOptions;
  try {
    const { interactions, eventIds, signals } = await importDataset({ name: "mine", source: whole });
    const plain = (_key: string, value: unknown): unknown =>
      ArrayBuffer.isView(value) ? Array.from(value as Int32Array, String) : value;
    return JSON.stringify({ interactions, eventIds, signals }, plain);
  } catch (error) {
    return String(error);
  }
}

const fields = leaves(
  z.toJSONSchema(mappedOptions, { io: "input", unrepresentable: "any", reused: "inline" }) as SchemaNode,
);

describe("every field of an import", () => {
  test("is shown to act below", () => {
    expect(Object.keys(PAIRS).toSorted()).toEqual(fields.toSorted());
  });

  test.each(fields)("%s", async (path) => {
    const [one, other] = await Promise.all((PAIRS[path] ?? []).map(outcome));
    expect(one).not.toBe(other);
    // One of the two is read: a pair of two refusals would show nothing.
    expect([one, other].some((text) => text?.startsWith("{"))).toBe(true);
  });

  test("attributes are numbers where the table has decimal commas", async () => {
    const file = write("commas.csv", "k;v;w\n1;1,5;Mug\n2;2;1,5\n");
    const mapping = { item: "k", attributes: ["v", "w"] };
    expect(await outcome({ items: { file, separator: ";", decimal: "comma", mapping } })).toContain(
      '{"v":[null,1.5,2],"w":[null,"Mug","1,5"]}',
    );
  });

  test("an unknown field is refused with the nearest name", async () => {
    expect(await outcome({ mapping: { ...BASE, wieght: "w" } })).toMatch(/wieght.*did you mean "weight"/);
    expect(await outcome({ items: { file: ITEMS, mapping: { item: "id", prise: "price" } } })).toMatch(
      /prise.*did you mean "price"/,
    );
  });
});
