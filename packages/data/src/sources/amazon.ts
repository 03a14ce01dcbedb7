import { z } from "zod";
import { parseConfig, PlatformError, type IdTable, type ItemColumns } from "@sequitur/core";
import { readDelimited, type DelimitedFormat } from "./delimited.js";
import type { Importer } from "./importer.js";
import { GrowingColumn, InteractionBuilder } from "./interaction-builder.js";
import { ItemColumnsBuilder } from "./item-columns.js";
import { readJsonRows } from "./json-rows.js";
import { parsePythonLiteral } from "./python-literal.js";
import { readSequenceLines, SYNTHETIC_ORDER_NOTE } from "./sequence-lines.js";
import { findFile, type ImportRun, type SourceFolder } from "./source-folder.js";
import { columnIndex } from "./columns.js";
import { textBlocks } from "./text-blocks.js";
import { timeReader } from "./times/time-reader.js";

const CSV: DelimitedFormat = { separator: ",", encoding: "utf-8", header: true, quotes: true };
const TSV: DelimitedFormat = { separator: "\t", encoding: "utf-8", header: true, quotes: false };

/** In this order: the first form that the folder has is read, unless the options name one. */
const FORMS = ["interactions", "reviews", "user-sequence", "numbered-sequence"] as const;
type Form = (typeof FORMS)[number];
const PATTERNS: Readonly<Record<Form, readonly string[]>> = {
  interactions: ["interactions.csv"],
  reviews: ["reviews_*_5.json", "*_5.json", "*_5core.json"],
  "user-sequence": ["user_sequence.txt"],
  "numbered-sequence": ["Beauty.txt", "Sports_and_Outdoors.txt", "Toys_and_Games.txt", "Sports.txt", "Toys.txt"],
};

const amazonOptions = z.strictObject({
  form: z.enum(FORMS).optional().describe("Which form to read when the folder has several."),
});

/**
 * Amazon reviews of 2014 (McAuley et al. 2015), 5-core: `interactions.csv` (user_id, item_id, timestamp in s),
 * `reviews_*_5.json` (a review a line), `user_sequence.txt` (reviewer and asins), or `Beauty.txt` and its like
 * (numbered user and items). Titles come from `item_titles.csv` (asin, title) or `meta_*.json`; numbered items find
 * theirs through `asin_to_id.tsv`.
 */
export const importAmazon: Importer = async ({ folder, options }, run) => {
  const { form: wanted } = parseConfig(amazonOptions, options, "options of importer amazon");
  const { form, path } = findForm(folder, wanted);
  const builder = new InteractionBuilder();
  const notes: string[] = [];
  if (form === "interactions") await readInteractions(path, builder, run);
  else if (form === "reviews") await readReviews(path, builder, run);
  else {
    await readSequenceLines(path, run, builder);
    notes.push(SYNTHETIC_ORDER_NOTE);
  }
  const items = builder.itemIds("utf-8");
  const columns = await readTitles(folder, form, items, run);
  if (columns === undefined)
    notes.push("No item_titles.csv or meta_*.json beside the interactions: items have no titles.");
  return { interactions: builder.finish("utf-8", columns ?? {}, items), notes };
};

function findForm(folder: SourceFolder, wanted: Form | undefined): { form: Form; path: string } {
  const forms = wanted === undefined ? FORMS : [wanted];
  for (const form of forms) {
    const path = findFile(folder, PATTERNS[form]);
    if (path !== undefined) return { form, path };
  }
  const patterns = forms.flatMap((form) => PATTERNS[form]).join(", ");
  throw new PlatformError(
    "not-found",
    `${folder.path}: expected one of ${patterns}, got ${folder.files.join(", ") || "no files"}.`,
  );
}

async function readInteractions(path: string, builder: InteractionBuilder, run: ImportRun): Promise<void> {
  const timeOf = timeReader("s", "timestamp");
  await readDelimited(path, CSV, run, (names) => {
    const columns = ["user_id", "item_id", "timestamp"].map((name) => columnIndex(path, names, name));
    const [user, item, time] = columns as [number, number, number];
    return (row) => builder.add(row.id(user, builder.users), row.id(item, builder.items), timeOf(row, time));
  });
}

async function readReviews(path: string, builder: InteractionBuilder, run: ImportRun): Promise<void> {
  const weights = (builder.context.weight = new GrowingColumn(Float32Array));
  const timeOf = timeReader("s", "unixReviewTime");
  await readJsonRows(path, {}, run, (names) => {
    const keys = ["reviewerID", "asin", "unixReviewTime", "overall"].map((name) => columnIndex(path, names, name));
    const [user, item, time, stars] = keys as [number, number, number, number];
    return (row) => {
      builder.add(row.id(user, builder.users), row.id(item, builder.items), timeOf(row, time));
      weights.push(row.number(stars));
    };
  });
}

async function readTitles(
  folder: SourceFolder,
  form: Form,
  items: IdTable,
  run: ImportRun,
): Promise<ItemColumns | undefined> {
  const columns = new ItemColumnsBuilder(items);
  const itemOf =
    form === "numbered-sequence" ? await numberedItems(folder, items, run) : (asin: string) => items.indexOf(asin);
  const titles = findFile(folder, ["item_titles.csv"]);
  if (titles !== undefined) {
    await readDelimited(titles, CSV, run, (names) => {
      const [asin, title] = ["asin", "title"].map((name) => columnIndex(titles, names, name)) as [number, number];
      return (row) => {
        const item = itemOf(row.text(asin));
        if (item >= 0) columns.setTitle(item, row.text(title));
      };
    });
    return columns.finish();
  }
  const meta = findFile(folder, ["meta_*.json"]);
  if (meta === undefined) return undefined;
  await readMeta(meta, itemOf, columns, run);
  return columns.finish();
}

/** asin -> index of its number in the sequences, by `asin_to_id.tsv`; nothing is known without that file. */
async function numberedItems(folder: SourceFolder, items: IdTable, run: ImportRun): Promise<(asin: string) => number> {
  const path = findFile(folder, ["asin_to_id.tsv"]);
  const numbers = new Map<string, number>();
  if (path !== undefined) {
    await readDelimited(path, TSV, run, () => (row) => void numbers.set(row.text(0), items.indexOf(row.text(1))));
  }
  return (asin) => numbers.get(asin) ?? -1;
}

/** One record a line, JSON or printed Python; items that do not occur are skipped before they are parsed. */
async function readMeta(
  path: string,
  itemOf: (asin: string) => number,
  columns: ItemColumnsBuilder,
  run: ImportRun,
): Promise<void> {
  for await (const block of textBlocks(path, "utf-8", run)) {
    const lines = block.bytes.toString("utf8").split("\n");
    for (let index = 0; index < lines.length; index++) {
      const text = lines[index]!.trim();
      if (text === "") continue;
      const asin = /['"]asin['"]\s*:\s*['"]([^'"]+)['"]/.exec(text)?.[1];
      if (asin !== undefined && itemOf(asin) < 0) continue;
      const where = `${path}, line ${block.firstLine + index}`;
      const record = metaSchema.safeParse(parseRecord(text));
      if (!record.success) {
        throw new PlatformError(
          "bad-data",
          `${where}: expected an item with asin, title, categories, got "${text.slice(0, 60)}".`,
        );
      }
      placeMeta(columns, itemOf(record.data.asin), record.data);
    }
  }
}

const metaSchema = z.object({
  asin: z.string(),
  title: z.string().optional(),
  brand: z.string().nullish(),
  description: z.string().optional(),
  categories: z.array(z.array(z.string())).optional(),
});

function placeMeta(columns: ItemColumnsBuilder, item: number, meta: z.infer<typeof metaSchema>): void {
  if (item < 0) return;
  columns.setTitle(item, meta.title ?? "");
  columns.setCategories(item, [...new Set((meta.categories ?? []).flat())]);
  columns.setText("brand", item, meta.brand ?? "");
  columns.setText("description", item, meta.description ?? "");
}

function parseRecord(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parsePythonLiteral(text);
  }
}
