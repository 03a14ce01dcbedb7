import { listOf, NONE, Random, type Catalog, type Interactions } from "@sequitur/core";
import type { EvaluationSet } from "@sequitur/data";
import type { Experiment } from "./experiment.js";
import type { Piece } from "./piece.js";
import type { MapPlace, PlaceMap } from "./report.js";

/** Test users whose history, recommendations and true next place are drawn. */
const SHOWN_USERS = 4;
/** Recommendations shown for each. */
export const SHOWN_ITEMS = 5;
/** Newest check-ins of a history that are drawn. */
const SHOWN_HISTORY = 40;
/** Newest check-ins of a session that count as the current trip: a session that is a whole past would be a tangle. */
const SHOWN_TRIP = 8;
/** Squares along the longer side of the density map. */
const SQUARES = 32;
/** Share of the check-ins, at each end of each axis, that may lie outside the frame: a few far trips would shrink a city to a dot. */
const CUT = 0.005;
const KM_PER_DEGREE = 111.195;

type Located = Pick<Catalog["itemColumns"], "latitudes" | "longitudes">;

function isLocated({ latitudes, longitudes }: Located, item: number): boolean {
  return Number.isFinite(latitudes?.[item]) && Number.isFinite(longitudes?.[item]);
}

/**
 * Rows of the test questions that the map shows: drawn at random, before any model is measured, one a user, among those
 * whose last place and answer have coordinates. Empty for data without.
 */
export function shownQueries(train: Interactions, { queries, targets }: EvaluationSet, random: Random): number[] {
  const columns = train.catalog.itemColumns;
  if (columns.latitudes === undefined || columns.longitudes === undefined) return [];
  const rows: number[] = [];
  const users = new Set<number>();
  for (const row of random.shuffle(Int32Array.from({ length: queries.size }, (_, i) => i))) {
    const last = listOf(queries, row).at(-1);
    const answer = listOf(targets, row)[0];
    const user = queries.users[row]!;
    if (last === undefined || answer === undefined || (user !== NONE && users.has(user))) continue;
    if (!isLocated(columns, last) || !isLocated(columns, answer)) continue;
    users.add(user);
    if (rows.push(row) === SHOWN_USERS) break;
  }
  return rows;
}

/** What the map draws; `model` is the best one and its first piece. */
export interface MapParts {
  readonly train: Interactions;
  readonly test: EvaluationSet;
  readonly shown: readonly number[];
  readonly model?: { readonly label: string; readonly piece: Piece } | undefined;
}

/** The map of a data set whose items have coordinates, as plain data; null for any other. */
export function placeMap({ train, test, shown, model }: MapParts): PlaceMap | null {
  const { catalog } = train;
  const located = train.items.filter((item) => isLocated(catalog.itemColumns, item));
  if (located.length === 0) return null;
  return {
    ...density(located, catalog.itemColumns as Required<Located>),
    checkIns: located.length,
    model: model?.label ?? null,
    examples: shown.map((row, i) => example(row, model?.piece.shown[i] ?? [], catalog, test, model?.piece)),
  };
}

function density(
  items: Int32Array,
  { latitudes, longitudes }: Required<Located>,
): Pick<PlaceMap, "bounds" | "squareKm" | "squares" | "outside"> {
  const [south, north] = middleRange(Float64Array.from(items, (item) => latitudes[item]!));
  const [west, east] = middleRange(Float64Array.from(items, (item) => longitudes[item]!));
  const shrink = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const km = Math.max(0.1, (north - south) * KM_PER_DEGREE, (east - west) * KM_PER_DEGREE * shrink);
  const squareKm = round(km / SQUARES);
  const high = squareKm / KM_PER_DEGREE;
  const wide = high / shrink;
  const counts = new Map<string, number>();
  let outside = 0;
  for (const item of items) {
    const [latitude, longitude] = [latitudes[item]!, longitudes[item]!];
    if (latitude < south || latitude > north || longitude < west || longitude > east) {
      outside++;
      continue;
    }
    const key = `${Math.floor((latitude - south) / high)},${Math.floor((longitude - west) / wide)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const squares = [...counts].map(([key, checkIns]) => {
    const [row, column] = key.split(",").map(Number) as [number, number];
    return { row, column, checkIns };
  });
  return {
    bounds: { south: round(south), north: round(north), west: round(west), east: round(east) },
    squareKm,
    squares: squares.sort((a, b) => a.row - b.row || a.column - b.column),
    outside,
  };
}

function middleRange(values: Float64Array): [number, number] {
  values.sort();
  const cut = Math.floor(CUT * values.length);
  return [values[cut]!, values[values.length - 1 - cut]!];
}

function example(
  row: number,
  recommended: readonly number[],
  catalog: Catalog,
  { queries, targets }: EvaluationSet,
  piece: Piece | undefined,
): PlaceMap["examples"][number] {
  const place = (item: number): MapPlace => placeOf(item, catalog);
  const history = listOf(queries, row);
  const trip = Math.max(queries.sessionStarts[row]! - queries.offsets[row]!, history.length - SHOWN_TRIP);
  const recent = [...history].map((item, i) => ({ item, inTrip: i >= trip })).slice(-SHOWN_HISTORY);
  const answer = listOf(targets, row)[0]!;
  const rank = piece?.ranks.ranks[targets.offsets[row]!] ?? Infinity;
  return {
    checkIns: history.length,
    history: recent
      .filter(({ item }) => isLocated(catalog.itemColumns, item))
      .map(({ item, inTrip }) => ({ ...place(item), inTrip })),
    recommended: recommended.filter((item) => isLocated(catalog.itemColumns, item)).map(place),
    truth: place(answer),
    rank: Number.isFinite(rank) ? rank : null,
  };
}

function placeOf(item: number, { items, itemColumns }: Catalog): MapPlace {
  const title = itemColumns.titles?.[item] ?? "";
  return {
    name: title === "" ? items.ids[item]! : title,
    category: itemColumns.categories?.[item]?.at(-1) ?? "",
    latitude: round(itemColumns.latitudes![item]!),
    longitude: round(itemColumns.longitudes![item]!),
  };
}

/** Metres are enough on a map. */
function round(value: number): number {
  return Math.round(value * 1e5) / 1e5;
}

/** The draw of an experiment's map: its own fork, so that it never shifts another one. */
export function mapRandom({ seed }: Pick<Experiment, "seed">): Random {
  return new Random(seed[0]!).fork("map");
}
