import { PlatformError } from "./errors.js";

export type TensorData = Int8Array | Uint8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** A named array with its shape; the data is row-major. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Tensors and one JSON value: what an artifact, a checkpoint and a prepared data set are on disk. */
export interface TensorFile {
  /** Any JSON value. */
  readonly manifest: unknown;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

const DTYPES = {
  I8: Int8Array,
  U8: Uint8Array,
  I16: Int16Array,
  I32: Int32Array,
  F32: Float32Array,
  F64: Float64Array,
} as const;
type Dtype = keyof typeof DTYPES;

const ALIGNMENT = 8;

/** The safetensors layout: u64 header length, JSON header padded by spaces, then the tensors, each 8-byte aligned. */
export function encodeTensorFile(file: TensorFile): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: { manifest: JSON.stringify(file.manifest ?? null) } };
  let end = 0;
  const starts = new Map<string, number>();
  for (const [name, tensor] of file.tensors) {
    checkTensor(name, tensor);
    const start = end;
    end = start + tensor.data.byteLength;
    header[name] = { dtype: dtypeOf(tensor.data), shape: tensor.shape, data_offsets: [start, end] };
    starts.set(name, start);
    const rest = end % ALIGNMENT;
    if (rest > 0) {
      // The layout allows no holes, so an unaligned tail is filled by a tensor of its own.
      const pad = ALIGNMENT - rest;
      header[`__pad__${starts.size}`] = { dtype: "U8", shape: [pad], data_offsets: [end, end + pad] };
      end += pad;
    }
  }
  let text = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  text = concatSpaces(text, padded);
  const bytes = new Uint8Array(8 + padded + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(text, 8);
  for (const [name, tensor] of file.tensors) {
    const view = new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
    bytes.set(view, 8 + padded + starts.get(name)!);
  }
  return bytes;
}

/** Reads what `encodeTensorFile` wrote, or any safetensors file of the dtypes here. `where` names it in errors. */
export function decodeTensorFile(bytes: Uint8Array, where: string): TensorFile {
  const fail = (what: string): PlatformError => new PlatformError("bad-artifact", `${where}: ${what}`);
  if (bytes.length < 8) throw fail(`expected at least 8 bytes, got ${bytes.length}.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > bytes.length - 8) {
    throw fail(`the header says ${headerLength} bytes, but only ${bytes.length - 8} follow: the file is cut short.`);
  }
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + headerLength)));
  } catch (cause) {
    throw new PlatformError("bad-artifact", `${where}: the header is not JSON.`, { cause });
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) throw fail("the header is no object.");
  const body = bytes.subarray(8 + headerLength);
  const tensors = new Map<string, Tensor>();
  let manifest: unknown = null;
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") {
      manifest = readManifest(value, fail);
    } else {
      const tensor = readTensor(name, value, body, fail);
      if (!name.startsWith("__pad__")) tensors.set(name, tensor);
    }
  }
  return { manifest, tensors };
}

function readManifest(value: unknown, fail: (what: string) => PlatformError): unknown {
  const text = (value as { manifest?: unknown } | null)?.manifest;
  if (text === undefined) return null;
  if (typeof text !== "string") throw fail("the manifest is not text.");
  try {
    return JSON.parse(text);
  } catch {
    throw fail("the manifest is not JSON.");
  }
}

function readTensor(name: string, value: unknown, body: Uint8Array, fail: (what: string) => PlatformError): Tensor {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== "string" || !Object.hasOwn(DTYPES, dtype)) {
    throw fail(`tensor ${name} has dtype ${String(dtype)}, expected one of ${Object.keys(DTYPES).join(", ")}.`);
  }
  const isSize = (x: unknown): x is number => typeof x === "number" && Number.isSafeInteger(x) && x >= 0;
  if (!Array.isArray(shape) || !shape.every(isSize)) throw fail(`tensor ${name} has no valid shape.`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw fail(`tensor ${name} has no valid data_offsets.`);
  }
  const [start, end] = offsets as [number, number];
  const Data = DTYPES[dtype as Dtype];
  const length = shape.reduce((product: number, size: number) => product * size, 1);
  if (end - start !== length * Data.BYTES_PER_ELEMENT) {
    throw fail(
      `tensor ${name} of shape [${shape}] needs ${length * Data.BYTES_PER_ELEMENT} bytes, got ${end - start}.`,
    );
  }
  if (end > body.length) throw fail(`tensor ${name} ends at byte ${end} of ${body.length}: the file is cut short.`);
  const at = body.byteOffset + start;
  if (at % Data.BYTES_PER_ELEMENT === 0) return { shape, data: new Data(body.buffer as ArrayBuffer, at, length) };
  return { shape, data: new Data(body.slice(start, end).buffer, 0, length) };
}

function dtypeOf(data: TensorData): Dtype {
  for (const [dtype, Data] of Object.entries(DTYPES)) if (data instanceof Data) return dtype as Dtype;
  throw new PlatformError("bad-artifact", `no dtype for ${Object.prototype.toString.call(data)}.`);
}

function checkTensor(name: string, tensor: Tensor): void {
  // The header's own keys start so, and __proto__ would vanish from it.
  if (name.startsWith("__"))
    throw new PlatformError("bad-artifact", `tensor name ${name} is reserved: it starts with __.`);
  const length = tensor.shape.reduce((product, size) => product * size, 1);
  if (length !== tensor.data.length) {
    throw new PlatformError(
      "bad-artifact",
      `tensor ${name} of shape [${tensor.shape}] needs ${length} values, got ${tensor.data.length}.`,
    );
  }
}

function concatSpaces(text: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length).fill(0x20);
  out.set(text);
  return out;
}

/** Strings as one UTF-8 tensor of JSON, so that a million ids stay out of the header. */
export function stringsTensor(strings: readonly string[]): Tensor {
  const data = new TextEncoder().encode(JSON.stringify(strings));
  return { shape: [data.length], data };
}

/** What `stringsTensor` wrote; `where` names the tensor in errors. */
export function stringsOf(tensor: Tensor | undefined, where: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(tensor?.data));
  } catch {
    value = undefined;
  }
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string")) {
    throw new PlatformError("bad-artifact", `${where}: expected a list of strings.`);
  }
  return value;
}
