import { z } from "zod";
import { parseConfig } from "@sequitur/core";
import { ByteIdTable } from "./byte-id-table.js";
import { readDelimited, type DelimitedFormat } from "./delimited.js";
import { readOffset } from "./foursquare.js";
import type { Importer } from "./importer.js";
import { GrowingColumn, InteractionBuilder } from "./interaction-builder.js";
import { CommonestValues, ItemColumnsBuilder, readCoordinates } from "./item-columns.js";
import { findFile, requireFile, type SourceFolder } from "./source-folder.js";
import { columnIndex } from "./columns.js";
import { timeReader } from "./times/time-reader.js";

const FORMAT: DelimitedFormat = { separator: ",", encoding: "utf-8", header: true, quotes: true };
const COLUMNS = [
  "user_id",
  "POI_id",
  "UTC_time",
  "timezone",
  "trajectory_id",
  "latitude",
  "longitude",
  "POI_catname",
] as const;
type Fields = [number, number, number, number, number, number, number, number];
const PARTS = ["train", "val", "test"] as const;

const getnextOptions = z.strictObject({
  file: z.string().min(1).default("*.csv").describe("Pattern of the file when the three parts are not there."),
});

/**
 * Trajectory files in the columns of GETNext (Yang et al. 2022): one csv, or the parts `*_train.csv`, `*_val.csv` and
 * `*_test.csv`, read in that order. `session` numbers the trajectory ids by first appearance, so with three parts the
 * training trajectories have the lowest numbers; the notes say where each part begins.
 */
export const importGetnext: Importer = async ({ folder, options }, run) => {
  const { file } = parseConfig(getnextOptions, options, "options of importer getnext");
  const parts = partFiles(folder, file);
  const builder = new InteractionBuilder();
  const trajectories = new ByteIdTable();
  const sessions = (builder.context.session = new GrowingColumn(Int32Array));
  const offsets = (builder.context.utcOffsetMinutes = new GrowingColumn(Int16Array));
  const coordinates = new CommonestValues();
  const categories = new CommonestValues();
  const notes: string[] = [];
  for (const path of parts) {
    const [firstSession, firstRow] = [trajectories.size, builder.size];
    const timeOf = timeReader("iso", "UTC_time");
    await readDelimited(path, FORMAT, run, (names) => {
      const fields = COLUMNS.map((name) => columnIndex(path, names, name));
      const [user, poi, time, zone, trajectory, latitude, longitude, category] = fields as Fields;
      return (row) => {
        const item = row.id(poi, builder.items);
        builder.add(row.id(user, builder.users), item, timeOf(row, time));
        offsets.push(readOffset(row, zone));
        sessions.push(row.id(trajectory, trajectories));
        coordinates.add(item, readCoordinates(row, latitude, longitude).join(" "));
        categories.add(item, row.text(category));
      };
    });
    notes.push(
      `${path.split("/").at(-1)}: ${builder.size - firstRow} rows, new sessions ${firstSession} to ${trajectories.size - 1}.`,
    );
  }
  const items = builder.itemIds("utf-8");
  const columns = new ItemColumnsBuilder(items);
  coordinates.placeCoordinates(columns);
  for (let item = 0; item < items.size; item++) columns.setCategories(item, [categories.of(item)]);
  return { interactions: builder.finish("utf-8", columns.finish(), items), notes };
};

function partFiles(folder: SourceFolder, file: string): string[] {
  const found = PARTS.map((part) => findFile(folder, [`*_${part}.csv`]));
  if (found.some((path) => path === undefined)) return [requireFile(folder, [file])];
  return found as string[];
}
