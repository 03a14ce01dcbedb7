import { parseConfig, PlatformError } from "@sequitur/core";
import { datasetStats, type DatasetStats } from "../prepared/stats.js";
import { looksLikeData } from "../sources/columns.js";
import { readMapped } from "../sources/mapped.js";
import { mappedOptions, tableFormat, type MappedOptions, type TableFormat } from "../sources/mapping.js";
import type { ImportRun } from "../sources/source-folder.js";
import { kindOf } from "../sources/table.js";
import { packedSize } from "../sources/unpack.js";
import { proposeMapping, type Proposal } from "./propose-mapping.js";
import { sampleTable, type ColumnSample } from "./sample-table.js";

/** A larger file is profiled by its first rows alone. */
const TRIED_BYTES = 256 << 20;
/** Bad rows that a profile lists before it gives up on the mapping. */
const BAD_ROWS = 1000;
const EXAMPLES = 3;

/** What one column of a file holds, by the first rows. */
export interface ColumnProfile {
  readonly name: string;
  /** "list", "time", "number" or "text"; or the type that the format gives it. */
  readonly type: string;
  /** Within the rows that were looked at. */
  readonly distinct: number;
  readonly empty: number;
  readonly examples: readonly string[];
}

/** What a file is, how it may be imported, and what looks wrong. */
export interface FileProfile {
  readonly file: string;
  readonly kind: string;
  /** Rows that were looked at, and whether there are more. */
  readonly rows: number;
  readonly isCut: boolean;
  readonly columns: readonly ColumnProfile[];
  readonly proposal: Proposal;
  /** The options of the import; undefined when no mapping can be proposed. */
  readonly options: MappedOptions | undefined;
  /** What the import with these options gives; undefined when it fails or the file is too large to try. */
  readonly stats: DatasetStats | undefined;
  /** One line each: bad rows, doubts and notes of the import. */
  readonly problems: readonly string[];
}

/** Looks at a file's first rows, proposes a mapping and tries it on the whole file (up to 256 MB). */
export async function profileFile(file: string, format: Partial<TableFormat>, run: ImportRun): Promise<FileProfile> {
  const { sample, format: used } = await sampleWithHeader(file, parseConfig(tableFormat, format, "format"), run);
  const proposal = proposeMapping(sample.columns);
  const problems = [...sample.notes, ...proposal.doubts.map((doubt) => `Please check ${doubt}.`)];
  const options = optionsOf(file, used, proposal);
  const about = {
    file,
    kind: used.format === "auto" ? await kindOf(file) : used.format,
    rows: sample.rows,
    isCut: sample.isCut,
    columns: sample.columns.map(columnProfile),
    proposal,
    options,
  };
  if (options === undefined || (await packedSize(file)) > TRIED_BYTES) {
    return { ...about, stats: undefined, problems };
  }
  try {
    const { interactions, notes } = await readMapped({ ...options, skipBad: BAD_ROWS }, run);
    const own = new Set([...problems, ...notes.map((note) => note.replace(` (at most ${BAD_ROWS} allowed)`, ""))]);
    return { ...about, stats: datasetStats(interactions), problems: [...own] };
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code === "cancelled") throw error;
    return { ...about, stats: undefined, problems: [...problems, error.message] };
  }
}

/** A first line that looks like data is data, unless the caller says otherwise. */
async function sampleWithHeader(file: string, format: TableFormat, run: ImportRun) {
  const sample = await sampleTable(file, format, run);
  if (!format.header || !looksLikeData(sample.columns.map(({ name }) => name))) return { sample, format };
  const bare = { ...format, header: false };
  const again = await sampleTable(file, bare, run);
  const note = `${file}: the first line looks like data, so columns are named 1, 2, 3.`;
  return { sample: { ...again, notes: [note, ...again.notes] }, format: bare };
}

function optionsOf(file: string, format: TableFormat, proposal: Proposal): MappedOptions | undefined {
  const { pairs, timeUnit, timeFormat, explode } = proposal;
  const mapping = { ...Object.fromEntries(pairs), ...(timeUnit && { timeUnit }), ...(timeFormat && { timeFormat }) };
  const parsed = mappedOptions.safeParse({ files: [file], ...format, explode, mapping });
  return parsed.success ? parsed.data : undefined;
}

function columnProfile({ name, type, texts, isList, isInstant }: ColumnSample): ColumnProfile {
  const filled = texts.filter((text) => text !== "");
  const isNumber = filled.length > 0 && filled.every((text) => Number.isFinite(Number(text)));
  const seen = isList ? "list" : isInstant ? "time" : isNumber ? "number" : "text";
  const distinct = new Set(filled);
  return {
    name,
    type: type === "" ? seen : type,
    distinct: distinct.size,
    empty: texts.length - filled.length,
    examples: [...distinct].slice(0, EXAMPLES),
  };
}
