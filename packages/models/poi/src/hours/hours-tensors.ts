import { NONE, stringsTensor, type Tensor } from "@sequitur/core";
import { artifactTensor, type Artifact } from "@sequitur/recommender";
import { indicesFrom, zonesFrom } from "../serving/stored-indices.js";
import type { PlaceHours } from "./place-hours.js";

const NAMES = { weekOf: "hours.weekOf", zoneOf: "hours.zoneOf", timetables: "hours.timetables" } as const;
const WEEKS = "hours.weeks";
const ZONES = "hours.zones";

/** The hours as tensors of an artifact, so that a loaded model knows them without the catalogue's texts. */
export function hoursTensors(hours: PlaceHours): [string, Tensor][] {
  const { weeks, weekOf, zoneOf, zones, timetables } = hours;
  return [
    [WEEKS, { shape: [weeks.length / 336, 336], data: weeks }],
    [NAMES.weekOf, { shape: [zoneOf.length, 12], data: weekOf }],
    [NAMES.zoneOf, { shape: [zoneOf.length], data: zoneOf }],
    [ZONES, stringsTensor(zones)],
    [NAMES.timetables, { shape: [timetables.length], data: timetables }],
  ];
}

/** Reads them back; `bad-artifact` when a tensor is missing, of another shape, or points outside the others. */
export function hoursFrom(artifact: Artifact): PlaceHours {
  const weeks = artifactTensor(artifact, WEEKS, Uint8Array, [-1, 336]);
  const zones = zonesFrom(artifact, ZONES);
  const zoneOf = indicesFrom(artifact, NAMES.zoneOf, [-1], [NONE, zones.length]);
  const weekOf = indicesFrom(artifact, NAMES.weekOf, [zoneOf.length, 12], [0, weeks.length / 336]);
  const timetables = indicesFrom(artifact, NAMES.timetables, [artifact.catalog.items.size], [NONE, zoneOf.length]);
  return { weeks, weekOf, zoneOf, zones, timetables };
}
