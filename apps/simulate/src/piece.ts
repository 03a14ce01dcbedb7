import { decodeTensorFile, encodeTensorFile, PlatformError, type Tensor } from "@sequitur/core";
import { writeAtomically } from "@sequitur/core/files";
import { readFile } from "node:fs/promises";
import { z } from "zod";

const FORMAT = "sequitur-arm/1";

const manifestSchema = z.strictObject({
  format: z.literal(FORMAT),
  label: z.string(),
  seed: z.number(),
  users: z.int().describe("users of the world"),
  segmentNames: z.array(z.string()),
  weights: z
    .strictObject({
      count: z.int().describe("positions shown with a known propensity"),
      sum: z.number(),
      squares: z.number(),
      most: z.number(),
      certain: z.int().describe("positions whose propensity was above 0.999"),
      least: z.number().describe("least propensity"),
      estimated: z.int().describe("of count, those whose propensity is a Monte Carlo estimate"),
      unknown: z.int().describe("further positions whose propensity the policy did not know"),
    })
    .describe("weights of the uniform policy over the propensities of this arm, after the warm-up"),
  openItems: z.int().describe("items that could be shown at the end"),
});

/** What one arm did in one world: a row for each slate, those of the warm-up included. */
export interface Piece extends Omit<z.infer<typeof manifestSchema>, "format"> {
  readonly user: Int32Array;
  /** From the world's first day. */
  readonly day: Int32Array;
  readonly clicks: Uint8Array;
  readonly satisfied: Uint8Array;
  /** Exact expected clicks of the slate and of the best one; the latter NaN without regret. */
  readonly expected: Float32Array;
  readonly best: Float32Array;
  /** 1 - share of pairs of the slate in the same group; NaN for fewer than two items. */
  readonly diversity: Float32Array;
  /** Share of the slate that opened after the world's first day. */
  readonly fresh: Float32Array;
  /** (N) times each item was shown after the warm-up. */
  readonly shown: Int32Array;
  /** (24) positions shown by propensity: the last is (1/2, 1], each one before it half as much. */
  readonly propensities: Int32Array;
  /** (U) segment of each user. */
  readonly segments: Int32Array;
}

const COLUMNS = [
  ["user", Int32Array],
  ["day", Int32Array],
  ["clicks", Uint8Array],
  ["satisfied", Uint8Array],
  ["expected", Float32Array],
  ["best", Float32Array],
  ["diversity", Float32Array],
  ["fresh", Float32Array],
  ["shown", Int32Array],
  ["propensities", Int32Array],
  ["segments", Int32Array],
] as const;

/** Writes a finished piece; it is there whole or not at all, so that a resumed experiment can trust it. */
export async function writePiece(path: string, piece: Piece): Promise<void> {
  const { label, seed, users, segmentNames, weights, openItems } = piece;
  const tensors = new Map<string, Tensor>(
    COLUMNS.map(([name]) => [name, { shape: [piece[name].length], data: piece[name] }]),
  );
  const manifest = { format: FORMAT, label, seed, users, segmentNames, weights, openItems };
  await writeAtomically(path, encodeTensorFile({ manifest, tensors }));
}

/** Reads a piece, or gives undefined when there is none that can be used. */
export async function readPiece(path: string): Promise<Piece | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined) return undefined;
  try {
    const { manifest, tensors } = decodeTensorFile(bytes, path);
    const { format: _format, ...about } = manifestSchema.parse(manifest);
    const columns: Record<string, unknown> = {};
    for (const [name, Column] of COLUMNS) {
      const data = tensors.get(name)?.data;
      if (!(data instanceof Column)) return undefined;
      columns[name] = data;
    }
    return { ...about, ...(columns as Pick<Piece, (typeof COLUMNS)[number][0]>) };
  } catch (error) {
    if (error instanceof PlatformError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}
