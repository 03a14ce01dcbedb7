import { readFile } from "node:fs/promises";
import {
  clicksOf,
  idTable,
  NONE,
  parseConfig,
  PlatformError,
  slateLogFrom,
  type Catalog,
  type SlateLog,
} from "@sequitur/core";
import { z } from "zod";
import { compact } from "../filters/compact.js";
import type { ImportRequest, Importer } from "./importer.js";
import { openNpz, type NpyHeader, type NpzArchive } from "./npz.js";
import { requireFile, type ImportRun } from "./source-folder.js";

/** Reserved ids of the format; real items start at 3. */
const [PADDING, NO_CLICK, UNKNOWN, FIRST_ITEM] = [0, 1, 2, 3];
/** A step of a user a second: the data set has the order of the steps, not their times. */
const STEP_MS = 1000;

const finnOptions = z.strictObject({
  maxUsers: z
    .int()
    .min(1)
    .default(2 ** 31 - 1)
    .describe("Read the first so many users; all by default."),
});

/** The FINN.no slates with what `Interactions` cannot hold. */
export interface FinnSlates {
  readonly slates: SlateLog;
  /** (slates.size) 1 search, 2 recommendation, 0 undefined. */
  readonly kinds: Int8Array;
  readonly notes: readonly string[];
}

/** The clicks of the FINN.no slates (Eide et al. 2021) as interactions; the slates themselves come from `readFinnSlates`. */
export const importFinnSlates: Importer = async (request, run) => {
  const { slates, notes } = await readFinnSlates(request, run);
  const clicks = clicksOf(slates);
  return { interactions: compact(clicks, Int32Array.from(clicks.items.keys())), notes };
};

/**
 * `data.npz`, `itemattr.npz` and `ind2val.json`. The array of slates is read in pieces and kept without its padding; an
 * item's category is the label of its group. Where a slate repeats an item, the first place counts and a note says so.
 */
export async function readFinnSlates({ folder, options }: ImportRequest, run: ImportRun): Promise<FinnSlates> {
  const { maxUsers } = parseConfig(finnOptions, options, "options of importer finn-slates");
  const path = requireFile(folder, ["data.npz"]);
  const archive = await openNpz(path);
  try {
    const items = await readItems(folder, run);
    const click = await readMatrix(archive, "click", path, maxUsers, run);
    const of = (name: string) => readMatrix(archive, name, path, maxUsers, run, click);
    const [place, length, kind] = [await of("click_idx"), await of("slate_lengths"), await of("interaction_type")];
    const users = await readUsers(archive, path, click.rows, run);
    const steps = keptSteps(click, length);
    const repeats = await readSlates(archive, path, { steps, click, place, length }, items.count, run);
    const catalog: Catalog = { items: items.ids, users, itemColumns: { categories: items.categories } };
    const { from, ...columns } = steps;
    const slates = slateLogFrom(catalog, { ...columns, items: steps.items.subarray(0, steps.offsets.at(-1)) });
    const kinds = Int8Array.from(from, (cell) => kind.values[cell]!);
    const notes = [
      "Times are synthetic: the data set has the order of a user's steps, one second stands for each.",
      ...(repeats > 0 ? [`Slates that show an item twice, later places dropped: ${repeats}.`] : []),
    ];
    return { slates, kinds, notes };
  } finally {
    archive.close();
  }
}

/** (users, steps) integers. */
interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Int32Array;
}

async function readMatrix(
  archive: NpzArchive,
  name: string,
  path: string,
  maxUsers: number,
  run: ImportRun,
  like?: Matrix,
): Promise<Matrix> {
  let matrix: Matrix | undefined;
  await archive.readArray(name, run, ({ shape }) => {
    const [rows = 0, columns = 0] = shape;
    const made = {
      rows: Math.min(rows, maxUsers),
      columns,
      values: new Int32Array(Math.min(rows, maxUsers) * columns),
    };
    if (shape.length !== 2 || (like && (made.rows !== like.rows || columns !== like.columns))) {
      const expected = like ? `[${like.rows}, ${like.columns}]` : "[users, steps]";
      throw new PlatformError(
        "bad-data",
        `${path}: ${name} must have the shape ${expected}, got [${shape.join(", ")}].`,
      );
    }
    matrix = made;
    return (values, from) => {
      if (from < made.values.length) made.values.set(values.subarray(0, made.values.length - from), from);
    };
  });
  return matrix!;
}

async function readUsers(archive: NpzArchive, path: string, rows: number, run: ImportRun) {
  const ids: string[] = [];
  await archive.readArray("userId", run, ({ shape }: NpyHeader) => {
    if (shape.length !== 1 || shape[0]! < rows) {
      throw new PlatformError(
        "bad-data",
        `${path}: userId must have one id for each of ${rows} users, got [${shape.join(", ")}].`,
      );
    }
    return (values) => {
      for (const id of values) if (ids.length < rows) ids.push(String(id));
    };
  });
  return idTable(ids);
}

/** The columns of a slate log, filled as the slates are read; `from` is the cell of each step. */
interface Steps {
  readonly users: Int32Array;
  readonly times: Float64Array;
  readonly offsets: Int32Array;
  readonly items: Int32Array;
  readonly clicks: Int32Array;
  readonly from: Int32Array;
}

/** Every step but the padding, with room for its items. */
function keptSteps({ values, columns }: Matrix, { values: lengths }: Matrix): Steps {
  const from = Int32Array.from(values.keys()).filter((cell) => values[cell] !== PADDING);
  const offsets = new Int32Array(from.length + 1);
  for (const [step, cell] of from.entries()) offsets[step + 1] = offsets[step]! + Math.max(0, lengths[cell]! - 1);
  return {
    users: from.map((cell) => Math.floor(cell / columns)),
    times: Float64Array.from(from, (cell) => (cell % columns) * STEP_MS),
    offsets,
    items: new Int32Array(offsets.at(-1)!),
    clicks: new Int32Array(from.length),
    from,
  };
}

interface SlateCells {
  readonly steps: Steps;
  readonly click: Matrix;
  readonly place: Matrix;
  readonly length: Matrix;
}

/** Fills items and clicks from the array of slates; how many slates repeat an item. */
async function readSlates(
  archive: NpzArchive,
  path: string,
  cells: SlateCells,
  itemCount: number,
  run: ImportRun,
): Promise<number> {
  const { steps, click } = cells;
  // Release 1.0 calls the array "action".
  const name = archive.names.includes("slate") ? "slate" : "action";
  let [repeats, step, end] = [0, 0, 0];
  await archive.readArray(name, run, ({ shape }) => {
    const [rows = 0, columns = 0, width = 0] = shape;
    if (shape.length !== 3 || rows < click.rows || columns !== click.columns || width < 1) {
      const expected = `[${click.rows}, ${click.columns}, positions]`;
      throw new PlatformError(
        "bad-data",
        `${path}: ${name} must have the shape ${expected}, got [${shape.join(", ")}].`,
      );
    }
    const slate = new Float64Array(width);
    return (values, from) => {
      for (let at = 0; at < values.length; at++) {
        const position = (from + at) % width;
        slate[position] = values[at]!;
        const cell = (from + at - position) / width;
        if (position < width - 1 || cell !== steps.from[step]) continue;
        const where = `${path}: ${name} of user ${Math.floor(cell / columns)}, step ${cell % columns}`;
        const kept = takeSlate(cells, step, end, slate, itemCount, where);
        if (kept < steps.offsets[step + 1]! - steps.offsets[step]!) repeats += 1;
        steps.offsets[step] = end;
        end += kept;
        step += 1;
      }
    };
  });
  steps.offsets[step] = end;
  return repeats;
}

/** Checks one slate and writes it from `to` on; how many items it keeps. */
function takeSlate(
  { steps, click, place, length }: SlateCells,
  step: number,
  to: number,
  slate: Float64Array,
  itemCount: number,
  where: string,
): number {
  const cell = steps.from[step]!;
  const size = length.values[cell]!;
  const fail = (expected: string, got: number): never => {
    throw new PlatformError("bad-data", `${where}: expected ${expected}, got ${got}.`);
  };
  if (!(size >= 1 && size <= slate.length)) fail(`a length in [1, ${slate.length}]`, size);
  if (slate[0] !== NO_CLICK) fail("no click (1) first", slate[0]!);
  const clicked = click.values[cell]!;
  const chosen = place.values[cell]!;
  if (slate[chosen] !== clicked) fail(`the click, ${clicked}, at its position ${chosen}`, slate[chosen] ?? NaN);
  let kept = 0;
  steps.clicks[step] = NONE;
  for (let position = 1; position < slate.length; position++) {
    const id = slate[position]!;
    if (position >= size) {
      if (id !== PADDING) fail(`padding behind its ${size} entries`, id);
      continue;
    }
    if (!(id >= UNKNOWN && id < itemCount)) fail(`an item in [${UNKNOWN}, ${itemCount})`, id);
    const item = id === UNKNOWN ? NONE : id - FIRST_ITEM;
    const known = item === NONE ? -1 : steps.items.subarray(to, to + kept).indexOf(item);
    const target = known === -1 ? kept : known;
    if (position === chosen && clicked !== NO_CLICK) steps.clicks[step] = target;
    if (known === -1) steps.items[to + kept++] = item;
  }
  return kept;
}

const labelsSchema = z.object({ category: z.record(z.string(), z.string()) });

/** Ids and category labels of the real items; `count` includes the three reserved ids. */
async function readItems(folder: ImportRequest["folder"], run: ImportRun) {
  const labelPath = requireFile(folder, ["ind2val.json"]);
  const labels = parseLabels(labelPath, await readFile(labelPath, "utf8"));
  const path = requireFile(folder, ["itemattr.npz"]);
  const archive = await openNpz(path);
  try {
    let groups = new Float64Array(0);
    await archive.readArray("category", run, ({ shape }) => {
      groups = new Float64Array(shape.reduce((product, size) => product * size, 1));
      return (values, from) => groups.set(values, from);
    });
    const real = groups.subarray(FIRST_ITEM);
    const ids = idTable(Array.from(real, (_, item) => String(item + FIRST_ITEM)));
    // One list a group, shared by its items.
    const known = new Map<number, readonly string[]>();
    const categories = Array.from(real, (group) => {
      const list = known.get(group) ?? [labels[String(group)] ?? String(group)];
      known.set(group, list);
      return list;
    });
    return { ids, categories, count: groups.length };
  } finally {
    archive.close();
  }
}

function parseLabels(path: string, text: string): Record<string, string> {
  try {
    return labelsSchema.parse(JSON.parse(text)).category;
  } catch (cause) {
    throw new PlatformError("bad-data", `${path}: expected {"category": {id: label}, ...}.`, { cause });
  }
}
