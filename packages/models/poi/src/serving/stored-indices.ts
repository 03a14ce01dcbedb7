import { PlatformError, stringsOf } from "@sequitur/core";
import { isTimeZone } from "@sequitur/data";
import { artifactTensor, type Artifact } from "@sequitur/recommender";

/** An int32 tensor whose values lie in [range[0], range[1]); `bad-artifact` names the first that does not. */
export function indicesFrom(
  artifact: Artifact,
  name: string,
  shape: readonly number[],
  [least, end]: readonly [number, number],
): Int32Array {
  const values = artifactTensor(artifact, name, Int32Array, shape);
  const wrong = values.findIndex((value) => !(value >= least && value < end));
  if (wrong === -1) return values;
  throw bad(artifact, name, `values must lie in [${least}, ${end}), got ${values[wrong]} at ${wrong}`);
}

/** (rows + 1) where the parts of rows begin in `size` values: from 0, never falling, up to size; else `bad-artifact`. */
export function offsetsFrom(artifact: Artifact, name: string, rows: number, size: number): Int32Array {
  const offsets = indicesFrom(artifact, name, [rows + 1], [0, size + 1]);
  const wrong = offsets.findIndex((offset, row) => row > 0 && offset < offsets[row - 1]!);
  if (wrong !== -1) throw bad(artifact, name, `offsets must not fall, got ${offsets[wrong]} at ${wrong}`);
  if (offsets[0] === 0 && offsets[rows] === size) return offsets;
  throw bad(artifact, name, `offsets must go from 0 to ${size}, got ${offsets[0]} to ${offsets[rows]}`);
}

/** IANA names of time zones; `bad-artifact` for one that this machine does not know. */
export function zonesFrom(artifact: Artifact, name: string): string[] {
  const data = artifactTensor(artifact, name, Uint8Array, [-1]);
  const zones = stringsOf({ shape: [data.length], data }, `artifact of ${artifact.model}: tensor ${name}`);
  const wrong = zones.find((zone) => !isTimeZone(zone));
  if (wrong !== undefined) throw bad(artifact, name, `expected IANA time zones, got "${wrong}"`);
  return zones;
}

function bad(artifact: Artifact, name: string, what: string): PlatformError {
  return new PlatformError("bad-artifact", `artifact of ${artifact.model}: tensor ${name}: ${what}.`);
}
