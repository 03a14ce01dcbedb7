import { open } from "node:fs/promises";
import { z } from "zod";
import {
  CONTEXT_NAMES,
  decodeTensorFile,
  encodeTensorFile,
  idTable,
  interactionsFrom,
  PlatformError,
  signalsSchema,
  stringsOf,
  stringsTensor,
  type ContextName,
  type Interactions,
  type ItemColumns,
  type NumberColumn,
  type Tensor,
  type TensorData,
} from "@sequitur/core";
import { writeAtomically } from "@sequitur/core/files";
import type { Dataset } from "../datasets/dataset.js";

const FORMAT = "sequitur-dataset-1";

const attributesSchema = z
  .record(z.string(), z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])))
  .optional();

const preparedManifest = z.strictObject({
  format: z.literal(FORMAT),
  name: z.string(),
  title: z.string(),
  licence: z.string(),
  citation: z.string(),
  revisits: z.boolean(),
  notes: z.array(z.string()),
  fingerprint: z.string(),
  context: z.array(z.enum(CONTEXT_NAMES as [ContextName, ...ContextName[]])),
  textNames: z.array(z.string()),
  timesAre: z.literal("order").optional(),
  signals: signalsSchema.optional(),
  itemAttributes: attributesSchema,
  userAttributes: attributesSchema,
});

const CONTEXT_TYPES: Readonly<Record<ContextName, new (length: number) => NumberColumn>> = {
  weight: Float32Array,
  kind: Int32Array,
  event: Int32Array,
  role: Int8Array,
  value: Float32Array,
  position: Int32Array,
  session: Int32Array,
  part: Int8Array,
  latitude: Float64Array,
  longitude: Float64Array,
  utcOffsetMinutes: Int16Array,
};

/**
 * Writes a data set as one safetensors file, to be read back in a second and handed to child processes. Atomic: the
 * path holds the old file or the whole new one.
 */
export async function savePrepared(path: string, dataset: Dataset): Promise<void> {
  const { interactions, name, title, licence, citation, revisits, notes, fingerprint, signals, eventIds } = dataset;
  const { context, catalog } = interactions;
  const tensors = new Map<string, Tensor>();
  const put = (key: string, data: TensorData): void => void tensors.set(key, { shape: [data.length], data });
  put("users", interactions.users);
  put("items", interactions.items);
  put("times", interactions.times);
  const names = CONTEXT_NAMES.filter((key) => context[key] !== undefined);
  for (const key of names) put(`context.${key}`, context[key]!);
  tensors.set("userIds", stringsTensor(catalog.users.ids));
  tensors.set("itemIds", stringsTensor(catalog.items.ids));
  if (catalog.kinds !== undefined) tensors.set("kinds", stringsTensor(catalog.kinds));
  if (eventIds !== undefined) tensors.set("eventIds", stringsTensor(eventIds));
  putItemColumns(catalog.itemColumns, tensors, put);
  const textNames = Object.keys(catalog.itemColumns.texts ?? {});
  const { timesAre } = catalog;
  const about = {
    name,
    title,
    licence,
    citation,
    revisits,
    notes,
    fingerprint,
    ...(timesAre && { timesAre }),
    ...(signals && { signals }),
    ...(catalog.itemColumns.attributes && { itemAttributes: catalog.itemColumns.attributes }),
    ...(catalog.userAttributes && { userAttributes: catalog.userAttributes }),
  };
  const bytes = encodeTensorFile({ manifest: { format: FORMAT, ...about, context: names, textNames }, tensors });
  await writeAtomically(path, bytes);
}

function putItemColumns(
  columns: ItemColumns,
  tensors: Map<string, Tensor>,
  put: (key: string, data: TensorData) => void,
): void {
  const { titles, openingHours, timeZones, categories, texts = {}, latitudes, longitudes } = columns;
  for (const [key, values] of Object.entries({ titles, openingHours, timeZones })) {
    if (values !== undefined) tensors.set(`items.${key}`, stringsTensor(values));
  }
  if (categories !== undefined) {
    tensors.set("items.categories", stringsTensor(categories.flat()));
    put(
      "items.categoryCounts",
      Int32Array.from(categories, (names) => names.length),
    );
  }
  Object.values(texts).forEach((values, index) => tensors.set(`items.text.${index}`, stringsTensor(values)));
  if (latitudes !== undefined) put("items.latitudes", latitudes);
  if (longitudes !== undefined) put("items.longitudes", longitudes);
  if (columns.availableFrom !== undefined) put("items.availableFrom", columns.availableFrom);
  if (columns.availableUntil !== undefined) put("items.availableUntil", columns.availableUntil);
}

/** Reads what `savePrepared` wrote; the columns are views into the file's bytes. `bad-artifact` for anything else. */
export async function loadPrepared(path: string): Promise<Dataset> {
  const { manifest, tensors } = decodeTensorFile(await readWhole(path), path);
  const parsed = preparedManifest.safeParse(manifest);
  if (!parsed.success) throw new PlatformError("bad-artifact", `${path}: expected a prepared data set (${FORMAT}).`);
  const {
    context: names,
    textNames,
    timesAre,
    itemAttributes,
    userAttributes,
    format: _format,
    ...about
  } = parsed.data;
  const column = <T extends TensorData>(key: string, Column: new (length: number) => T): T => {
    const data = tensors.get(key)?.data;
    if (data instanceof Column) return data;
    throw new PlatformError("bad-artifact", `${path}: expected a tensor ${key} of ${Column.name}.`);
  };
  const strings = (key: string): string[] | undefined =>
    tensors.has(key) ? stringsOf(tensors.get(key), `${path}, ${key}`) : undefined;
  const context: Record<string, NumberColumn> = {};
  for (const name of names) context[name] = column(`context.${name}`, CONTEXT_TYPES[name]);
  const items = idTable(strings("itemIds") ?? []);
  const columns = readItemColumns({
    path,
    textNames,
    size: items.size,
    column,
    strings,
    has: (key) => tensors.has(key),
  });
  const kinds = strings("kinds");
  const eventIds = strings("eventIds");
  const catalog = {
    items,
    users: idTable(strings("userIds") ?? []),
    itemColumns: { ...columns, ...(itemAttributes && { attributes: itemAttributes }) },
    ...(timesAre && { timesAre }),
    ...(userAttributes && { userAttributes }),
    ...(kinds && { kinds }),
  };
  const interactions: Interactions = interactionsFrom(catalog, {
    users: column("users", Int32Array),
    items: column("items", Int32Array),
    times: column("times", Float64Array),
    context,
  });
  return { ...about, interactions, ...(eventIds && { eventIds }) };
}

interface ItemColumnSource {
  readonly path: string;
  readonly textNames: readonly string[];
  readonly size: number;
  readonly column: <T extends TensorData>(key: string, Column: new (length: number) => T) => T;
  readonly strings: (key: string) => string[] | undefined;
  readonly has: (key: string) => boolean;
}

function readItemColumns({ path, textNames, size, column, strings, has }: ItemColumnSource): ItemColumns {
  const sized = <T extends { readonly length: number }>(key: string, values: T): T => {
    if (values.length === size) return values;
    throw new PlatformError("bad-artifact", `${path}: expected ${size} values in ${key}, got ${values.length}.`);
  };
  const out: Record<string, unknown> = {};
  for (const key of ["titles", "openingHours", "timeZones"]) {
    const values = strings(`items.${key}`);
    if (values !== undefined) out[key] = sized(key, values);
  }
  for (const key of ["latitudes", "longitudes", "availableFrom", "availableUntil"]) {
    if (has(`items.${key}`)) out[key] = sized(key, column(`items.${key}`, Float64Array));
  }
  const flat = strings("items.categories");
  if (flat !== undefined)
    out["categories"] = unflatten(flat, sized("categories", column("items.categoryCounts", Int32Array)));
  const texts = textNames.map((name, index) => [name, sized(name, strings(`items.text.${index}`) ?? [])] as const);
  return { ...out, ...(texts.length > 0 && { texts: Object.fromEntries(texts) }) };
}

function unflatten(flat: readonly string[], counts: Int32Array): string[][] {
  let at = 0;
  return Array.from(counts, (count) => {
    at += count;
    return flat.slice(at - count, at);
  });
}

const READ_BYTES = 1 << 28;

/** The file as one aligned buffer; read in pieces since one read call stops at 2 GiB. */
async function readWhole(path: string): Promise<Uint8Array> {
  const file = await open(path).catch((cause: unknown) => {
    throw new PlatformError("not-found", `expected a prepared data set at ${path}, found none.`, { cause });
  });
  try {
    const bytes = new Uint8Array((await file.stat()).size);
    for (let at = 0; at < bytes.length;) {
      const { bytesRead } = await file.read(bytes, at, Math.min(READ_BYTES, bytes.length - at), at);
      if (bytesRead === 0)
        throw new PlatformError("bad-artifact", `${path}: the file became shorter while it was read.`);
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
