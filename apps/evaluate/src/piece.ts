import { decodeTensorFile, encodeTensorFile, PlatformError, type Ranking, type Tensor } from "@sequitur/core";
import type { TargetRanks } from "@sequitur/metrics";
import { writeAtomically } from "@sequitur/core/files";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { pooledCategorySchema, runSchema } from "./report.js";

const FORMAT = "sequitur-piece/2";

const manifestSchema = z.strictObject({
  format: z.literal(FORMAT),
  run: runSchema,
  lists: z.record(z.string(), z.number()),
  pooled: z.array(pooledCategorySchema).default([]),
  shown: z.array(z.array(z.int())).default([]).describe("top items of the questions that the task wants to show"),
});

/** What one process found: a fit and the values of each query. */
export interface Piece extends Omit<z.infer<typeof manifestSchema>, "format"> {
  /** Metric name -> (Q) value of each query; NaN where undefined. */
  readonly values: ReadonlyMap<string, Float64Array>;
  /** The rank of each target and how many share it. */
  readonly ranks: TargetRanks;
  /** The lists that the task was to keep. */
  readonly kept?: Ranking;
}

const VALUE = "value/";
const RANKS = "ranks";
const TIES = "ties";
const KEPT = ["offsets", "items", "scores"] as const;

/** Writes a finished piece; it is there whole or not at all, so that a resumed experiment can trust it. */
export async function writePiece(
  path: string,
  { run, lists, pooled, shown, values, ranks, kept }: Piece,
): Promise<void> {
  const tensors = new Map<string, Tensor>(
    [...values].map(([name, data]) => [VALUE + name, { shape: [data.length], data }] as const),
  );
  tensors.set(RANKS, { shape: [ranks.ranks.length], data: ranks.ranks });
  tensors.set(TIES, { shape: [ranks.ties.length], data: ranks.ties });
  for (const name of kept === undefined ? [] : KEPT) {
    tensors.set(`kept/${name}`, { shape: [kept![name].length], data: kept![name] });
  }
  await writeAtomically(path, encodeTensorFile({ manifest: { format: FORMAT, run, lists, pooled, shown }, tensors }));
}

/** Reads a piece, or gives undefined when there is none that can be used. */
export async function readPiece(path: string): Promise<Piece | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch {
    return undefined;
  }
  try {
    const { manifest, tensors } = decodeTensorFile(bytes, path);
    const { run, lists, pooled, shown } = manifestSchema.parse(manifest);
    const values = new Map<string, Float64Array>();
    for (const [name, { data }] of tensors) {
      if (name.startsWith(VALUE) && data instanceof Float64Array) values.set(name.slice(VALUE.length), data);
    }
    const ranks = tensors.get(RANKS)?.data;
    const ties = tensors.get(TIES)?.data;
    if (!(ranks instanceof Float64Array && ties instanceof Int32Array)) return undefined;
    const kept = keptLists(tensors);
    return { run, lists, pooled, shown, values, ranks: { ranks, ties }, ...(kept && { kept }) };
  } catch (error) {
    if (error instanceof PlatformError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

function keptLists(tensors: ReadonlyMap<string, Tensor>): Ranking | undefined {
  const [offsets, items, scores] = KEPT.map((name) => tensors.get(`kept/${name}`)?.data);
  const isWhole = offsets instanceof Int32Array && items instanceof Int32Array && scores instanceof Float32Array;
  return isWhole ? { offsets, items, scores } : undefined;
}
