import { z } from "zod";
import { parseConfig, type IdTable, type Interactions, type ItemColumns } from "@sequitur/core";
import { readDelimited, type DelimitedFormat } from "./delimited.js";
import type { ImportRequest, Importer } from "./importer.js";
import { GrowingColumn, InteractionBuilder } from "./interaction-builder.js";
import { ItemColumnsBuilder } from "./item-columns.js";
import { badField, type Row } from "./row.js";
import { findFile, requireFile, type ImportRun } from "./source-folder.js";
import { columnIndex } from "./columns.js";
import { timeReader } from "./times/time-reader.js";

const FORMAT: DelimitedFormat = { separator: ",", encoding: "utf-8", header: true, quotes: true };
const LOG_COLUMNS = ["timestamp", "item_id", "position", "click", "propensity_score"] as const;
const USER_FEATURES = ["user_feature_0", "user_feature_1", "user_feature_2", "user_feature_3"] as const;

const openBanditOptions = z.strictObject({
  policy: z
    .enum(["random", "bts"])
    .default("random")
    .describe("Logging policy: uniform, or Bernoulli Thompson sampling."),
  campaign: z.enum(["all", "men", "women"]).default("women").describe("Campaign of the release."),
});

/** A log of shown items with what off-policy estimates need. */
export interface BanditLog {
  /** Weight is the click (0 or 1), position is 0-based; a user is a combination of the four hashed features. */
  readonly interactions: Interactions;
  /** (size) P(the logging policy shows this item at this position), in (0, 1], aligned with the interactions' rows. */
  readonly propensities: Float64Array;
  readonly notes: readonly string[];
}

/** Open Bandit (Saito et al. 2020) as interactions; the propensities come from `readBanditLog`. */
export const importOpenBandit: Importer = async (request, run) => {
  const { interactions, notes } = await readBanditLog(request, run);
  return { interactions, notes };
};

/** `POLICY/CAMPAIGN/CAMPAIGN.csv` and its `item_context.csv`, whose features become texts of the items. */
export async function readBanditLog({ folder, options }: ImportRequest, run: ImportRun): Promise<BanditLog> {
  const { policy, campaign } = parseConfig(openBanditOptions, options, "options of importer open-bandit");
  const path = requireFile(folder, [`${policy}/${campaign}/${campaign}.csv`]);
  const builder = new InteractionBuilder();
  const clicks = (builder.context.weight = new GrowingColumn(Float32Array));
  const positions = (builder.context.position = new GrowingColumn(Int32Array));
  // Sorting moves every context column along; the row number travels as a session and is taken out again.
  const rows = (builder.context.session = new GrowingColumn(Int32Array));
  const propensities = new GrowingColumn(Float64Array);
  const timeOf = timeReader("iso", "timestamp");
  await readDelimited(path, FORMAT, run, (names) => {
    const fields = LOG_COLUMNS.map((name) => columnIndex(path, names, name));
    const [time, item, position, click, propensity] = fields as [number, number, number, number, number];
    const features = USER_FEATURES.map((name) => columnIndex(path, names, name));
    return (row) => {
      const user = builder.users.addText(features.map((field) => row.text(field)).join("|"));
      rows.push(builder.size);
      builder.add(user, row.id(item, builder.items), timeOf(row, time));
      clicks.push(within(row, click, "click", 0, 1));
      positions.push(within(row, position, "position", 1, 3) - 1);
      propensities.push(probability(row, propensity));
    };
  });
  const items = builder.itemIds("utf-8");
  const columns = await readItems(findFile(folder, [`${policy}/${campaign}/item_context.csv`]), items, run);
  const sorted = builder.finish("utf-8", columns, items);
  const { session, ...context } = sorted.context;
  const given = propensities.take();
  return {
    interactions: { ...sorted, context },
    propensities: Float64Array.from(session ?? [], (row) => given[row]!),
    notes: [
      `Policy ${policy}, campaign ${campaign}: every row is one shown item, weight 1 means a click. Users are combinations of the four hashed features.`,
    ],
  };
}

function within(row: Row, field: number, column: string, low: number, high: number): number {
  const value = row.number(field);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw badField(row, column, `an integer in [${low}, ${high}]`, row.text(field));
}

function probability(row: Row, field: number): number {
  const value = row.number(field);
  if (value > 0 && value <= 1) return value;
  throw badField(row, "propensity_score", "a probability in (0, 1]", row.text(field));
}

async function readItems(path: string | undefined, items: IdTable, run: ImportRun): Promise<ItemColumns> {
  if (path === undefined) return {};
  const columns = new ItemColumnsBuilder(items);
  await readDelimited(path, FORMAT, run, (names) => {
    const id = columnIndex(path, names, "item_id");
    const features = names.filter((name) => name.startsWith("item_feature_"));
    return (row) => {
      const item = items.indexOf(row.text(id));
      if (item < 0) return;
      for (const name of features) columns.setText(name, item, row.text(names.indexOf(name)));
    };
  });
  return columns.finish();
}
