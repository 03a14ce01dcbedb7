import { stringsOf, stringsTensor, type Tensor } from "@sequitur/core";
import { artifactTensor, type Artifact } from "@sequitur/recommender";
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

/** Reads them back; `bad-artifact` when a tensor is missing or of another shape. */
export function hoursFrom(artifact: Artifact): PlaceHours {
  const zoneOf = artifactTensor(artifact, NAMES.zoneOf, Int32Array, [-1]);
  const zones = artifactTensor(artifact, ZONES, Uint8Array, [-1]);
  return {
    weeks: artifactTensor(artifact, WEEKS, Uint8Array, [-1, 336]),
    weekOf: artifactTensor(artifact, NAMES.weekOf, Int32Array, [zoneOf.length, 12]),
    zoneOf,
    zones: stringsOf({ shape: [zones.length], data: zones }, `artifact of ${artifact.model}: tensor ${ZONES}`),
    timetables: artifactTensor(artifact, NAMES.timetables, Int32Array, [artifact.catalog.items.size]),
  };
}
