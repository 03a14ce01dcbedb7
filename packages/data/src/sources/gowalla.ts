import { DAY_MS, HOUR_MS, PlatformError } from "@sequitur/core";
import { ByteIdTable } from "./byte-id-table.js";
import { readDelimited, type DelimitedFormat } from "./delimited.js";
import type { Imported, Importer } from "./importer.js";
import { GrowingColumn, InteractionBuilder } from "./interaction-builder.js";
import { CommonestValues, ItemColumnsBuilder, readCoordinates } from "./item-columns.js";
import { badField } from "./row.js";
import { findFile, type ImportRun } from "./source-folder.js";
import { columnIndex } from "./columns.js";
import { timeReader } from "./times/time-reader.js";

const SNAP: DelimitedFormat = { separator: "\t", encoding: "utf-8", header: false, fields: 5, quotes: false };
const MARC: DelimitedFormat = { separator: ",", encoding: "utf-8", header: true, quotes: true };
const SLOT_MS = 21 * DAY_MS;
const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
/** A Monday, 00:00 UTC. */
const FIRST_MONDAY = Date.UTC(2010, 0, 4);

/**
 * Gowalla check-ins: SNAP's `*totalCheckins.txt` (user, time, latitude, longitude, location), or the trajectories that
 * MARC published (`train.csv`, `test.csv`: tid, label, day, hour, poi, lat, lon).
 */
export const importGowalla: Importer = async ({ folder }, run) => {
  const snap = findFile(folder, ["*totalCheckins.txt"]);
  if (snap !== undefined) return importSnap(snap, run);
  const train = findFile(folder, ["train.csv"]);
  const test = findFile(folder, ["test.csv"]);
  if (train !== undefined && test !== undefined) return importTrajectories(train, test, run);
  throw new PlatformError(
    "not-found",
    `${folder.path}: expected *totalCheckins.txt, or train.csv and test.csv, got ${folder.files.join(", ") || "no files"}.`,
  );
};

async function importSnap(path: string, run: ImportRun): Promise<Imported> {
  const builder = new InteractionBuilder();
  const coordinates = new CommonestValues();
  const timeOf = timeReader("iso", "time");
  await readDelimited(path, SNAP, run, () => (row) => {
    const item = row.id(4, builder.items);
    builder.add(row.id(0, builder.users), item, timeOf(row, 1));
    coordinates.add(item, readCoordinates(row, 2, 3).join(" "));
  });
  return finish(builder, coordinates, []);
}

interface Trajectories {
  readonly builder: InteractionBuilder;
  readonly coordinates: CommonestValues;
  readonly ids: ByteIdTable;
  /** By trajectory: its user, its place among the user's trajectories of the same file, and whether it is a test one. */
  readonly users: number[];
  readonly places: number[];
  readonly isTest: boolean[];
  /** By row: trajectory and time since the Monday of its first week, in ms. */
  readonly rowTrajectories: GrowingColumn<Int32Array>;
  readonly rowTimes: number[];
}

/**
 * MARC gives weekday and hour, no date. The synthetic time keeps what is known: the k-th training trajectory of a user
 * (file order) starts in week 3k after Monday 2010-01-04, a weekday that goes back means the next week, and every test
 * trajectory starts after all training ones, so that one cut by date gives MARC's own train/test split back. Slots of
 * three weeks keep at least a week between trajectories.
 */
async function importTrajectories(train: string, test: string, run: ImportRun): Promise<Imported> {
  const state: Trajectories = {
    builder: new InteractionBuilder(),
    coordinates: new CommonestValues(),
    ids: new ByteIdTable(),
    users: [],
    places: [],
    isTest: [],
    rowTrajectories: new GrowingColumn(Int32Array),
    rowTimes: [],
  };
  await readTrajectories(train, false, state, run);
  await readTrajectories(test, true, state, run);
  const trainSlots = state.places.reduce((most, place, t) => (state.isTest[t] ? most : Math.max(most, place + 1)), 0);
  const testStart = FIRST_MONDAY + trainSlots * SLOT_MS;
  const { builder } = state;
  const trajectoryOfRow = state.rowTrajectories.take();
  const times = Float64Array.from(trajectoryOfRow, (t, row) => {
    return (state.isTest[t] ? testStart : FIRST_MONDAY) + state.places[t]! * SLOT_MS + state.rowTimes[row]!;
  });
  const sessions = (builder.context.session = new GrowingColumn(Int32Array));
  for (const trajectory of trajectoryOfRow) sessions.push(trajectory);
  return finish(
    builder,
    state.coordinates,
    [
      `The source gives weekday and hour only: dates are synthetic, trajectories of a user three weeks apart in file order. Sessions are its trajectories; test ones start at ${new Date(testStart).toISOString()}, after all training ones.`,
    ],
    times,
  );
}

async function readTrajectories(path: string, isTest: boolean, state: Trajectories, run: ImportRun): Promise<void> {
  const { builder, ids } = state;
  const placesUsed = new Map<number, number>();
  let current = -1;
  let days = 0;
  await readDelimited(path, MARC, run, (names) => {
    const columns = ["tid", "label", "day", "hour", "poi", "lat", "lon"].map((name) => columnIndex(path, names, name));
    const [tid, label, day, hour, poi, lat, lon] = columns as [number, number, number, number, number, number, number];
    return (row) => {
      const user = row.id(label, builder.users);
      const known = ids.size;
      const trajectory = row.id(tid, ids);
      const weekday = WEEKDAYS.indexOf(row.text(day));
      if (weekday < 0) throw badField(row, "day", "a weekday such as Monday", row.text(day));
      const hourOfDay = row.number(hour);
      if (!(Number.isInteger(hourOfDay) && hourOfDay >= 0 && hourOfDay < 24)) {
        throw badField(row, "hour", "a whole hour in [0, 23]", row.text(hour));
      }
      if (trajectory === known) {
        const place = placesUsed.get(user) ?? 0;
        placesUsed.set(user, place + 1);
        state.users.push(user);
        state.places.push(place);
        state.isTest.push(isTest);
        days = weekday;
      } else if (trajectory !== current || state.users[trajectory] !== user) {
        throw badField(row, "tid", "the rows of one user's trajectory together in one file", row.text(tid));
      } else days += (weekday - (days % 7) + 7) % 7;
      current = trajectory;
      const item = row.id(poi, builder.items);
      state.coordinates.add(item, readCoordinates(row, lat, lon).join(" "));
      builder.add(user, item, 0);
      state.rowTrajectories.push(trajectory);
      state.rowTimes.push(days * DAY_MS + hourOfDay * HOUR_MS);
    };
  });
}

function finish(
  builder: InteractionBuilder,
  coordinates: CommonestValues,
  notes: readonly string[],
  times?: Float64Array,
): Imported {
  const items = builder.itemIds("utf-8");
  const columns = new ItemColumnsBuilder(items);
  coordinates.placeCoordinates(columns);
  const disputed = coordinates.disputed();
  const all = [...notes, `${disputed} locations have several coordinates: the most common are taken.`];
  return { interactions: builder.finish("utf-8", columns.finish(), items, times), notes: all };
}
