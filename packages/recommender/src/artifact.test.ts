import { decodeTensorFile, encodeTensorFile, idTable, type Tensor } from "@sequitur/core";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  artifactConfig,
  artifactTensor,
  decodeArtifact,
  encodeArtifact,
  readArtifact,
  writeArtifact,
  type Artifact,
} from "./artifact.js";

const artifact: Artifact = {
  model: "small",
  config: { lambda: 3, nested: { list: [1, null, "x"] } },
  catalog: { items: idTable(["a", 'ü, "b"\n', "\u{1F600}"]), users: idTable(["u"]), itemColumns: {} },
  tensors: new Map<string, Tensor>([
    ["weights", { shape: [2, 3], data: Float32Array.of(0.5, -0, Number.NaN, Infinity, -1, 1e-40) }],
    ["bytes", { shape: [3], data: Uint8Array.of(1, 2, 255) }],
    ["wide", { shape: [1, 1, 2], data: Float64Array.of(Math.PI, -1) }],
    ["empty", { shape: [0, 5], data: new Int32Array(0) }],
  ]),
  origin: { dataFingerprint: "f00", seed: 7, codeVersion: "0.1.0" },
};

const bad = (message: RegExp): unknown =>
  expect.objectContaining({ code: "bad-artifact", message: expect.stringMatching(message) });

/** The encoded artifact with its manifest or tensors replaced. */
function tampered(change: { manifest?: unknown; tensors?: Record<string, Tensor | undefined> }): Uint8Array {
  const file = decodeTensorFile(encodeArtifact(artifact), "test");
  const tensors = new Map(file.tensors);
  for (const [name, tensor] of Object.entries(change.tensors ?? {})) {
    if (tensor) tensors.set(name, tensor);
    else tensors.delete(name);
  }
  return encodeTensorFile({ manifest: "manifest" in change ? change.manifest : file.manifest, tensors });
}

/** A file whose JSON header is given as text, with a body of that many zero bytes. */
function rawFile(header: string, bodyLength = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + bodyLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

function text(value: string): Tensor {
  const data = new TextEncoder().encode(value);
  return { shape: [data.length], data };
}

describe("encodeArtifact and decodeArtifact", () => {
  it("keep everything but the item columns", () => {
    const back = decodeArtifact(encodeArtifact(artifact), "test");
    expect({ model: back.model, config: back.config, origin: back.origin }).toEqual({
      model: artifact.model,
      config: artifact.config,
      origin: artifact.origin,
    });
    expect(back.catalog.items.ids).toEqual(artifact.catalog.items.ids);
    expect(back.catalog.users.ids).toEqual(["u"]);
    expect(new Map(back.tensors)).toEqual(artifact.tensors);
  });

  it("read from a view that does not start at an aligned byte", () => {
    const bytes = encodeArtifact(artifact);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(new Map(decodeArtifact(shifted.subarray(3), "test").tensors)).toEqual(artifact.tensors);
  });

  it("refuse every file that is cut short", () => {
    const bytes = encodeArtifact(artifact);
    // The tail may hold padding only, which nobody misses.
    for (let length = 0; length < bytes.length - 8; length += 7) {
      expect(() => decodeArtifact(bytes.subarray(0, length), "cut.artifact"), `${length} bytes`).toThrow(
        bad(/^cut\.artifact: /),
      );
    }
  });

  it.each([
    ["another format", { format: "other/9", model: "small", config: {} }, /got format "other\/9"/],
    ["no model", { format: "sequitur-artifact/1", config: {} }, /sequitur-artifact\/1/],
    ["an empty model", { format: "sequitur-artifact/1", model: "", config: {} }, /manifest/],
    ["an unknown key", { format: "sequitur-artifact/1", model: "small", config: {}, extra: 1 }, /extra/],
    ["a broken origin", { format: "sequitur-artifact/1", model: "small", config: {}, origin: { seed: 1 } }, /manifest/],
    ["no manifest", null, /got format undefined/],
    ["a text", "sequitur-artifact/1", /got format undefined/],
    ["a list", [], /got format undefined/],
  ])("refuse a manifest with %s", (_, manifest, message) => {
    expect(() => decodeArtifact(tampered({ manifest }), "test")).toThrow(bad(message));
  });

  it.each([
    ["missing", undefined, /catalog\.items: expected a list of strings/],
    ["no JSON", text("[1"), /expected a list of strings/],
    ["no list", text('{"a":1}'), /expected a list of strings/],
    ["numbers", text("[1,2]"), /expected a list of strings/],
    ["no UTF-8", { shape: [2], data: Uint8Array.of(0xff, 0xfe) }, /expected a list of strings/],
    ["repeated", text('["a","a"]'), /catalog\.items: ids must be distinct, got "a" at 0 and 1/],
  ])("refuse item ids that are %s", (_, ids, message) => {
    expect(() => decodeArtifact(tampered({ tensors: { "catalog.items": ids } }), "test")).toThrow(bad(message));
  });

  it.each([
    ["no JSON", "{", /not JSON/],
    ["a list", "[]", /no object/],
    ["an unknown dtype", '{"x":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}', /dtype F16/],
    [
      "a dtype from the prototype",
      '{"x":{"dtype":"constructor","shape":[1],"data_offsets":[0,2]}}',
      /dtype constructor/,
    ],
    ["a negative size", '{"x":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}', /no valid shape/],
    ["a shape that is no list", '{"x":{"dtype":"U8","shape":{"length":1},"data_offsets":[0,1]}}', /no valid shape/],
    [
      "offsets that disagree with the shape",
      '{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}',
      /needs 8 bytes, got 4/,
    ],
    ["offsets beyond the file", '{"x":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}}', /cut short/],
    ["offsets turned round", '{"x":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}', /needs 1 bytes, got -1/],
    ["null for a tensor", '{"x":null}', /dtype undefined/],
  ])("refuse a header with %s", (_, header, message) => {
    expect(() => decodeArtifact(rawFile(header, 4), "test")).toThrow(bad(message));
  });

  it("refuse a header length that no file could have", () => {
    const bytes = new Uint8Array(32).fill(0xff);
    expect(() => decodeArtifact(bytes, "test")).toThrow(bad(/cut short/));
  });

  it("let no key of a file reach a prototype", () => {
    const manifest = '{"format":"sequitur-artifact/1","model":"m","config":{"__proto__":{"polluted":1}}}';
    const ids = '{"dtype":"U8","shape":[2],"data_offsets":[0,2]}';
    const header =
      `{"__metadata__":{"manifest":${JSON.stringify(manifest)}},"catalog.items":${ids},"catalog.users":${ids},` +
      `"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"constructor":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`;
    const bytes = rawFile(header, 2);
    bytes.set(new TextEncoder().encode("[]"), bytes.length - 2);
    const back = decodeArtifact(bytes, "test");
    expect([...back.tensors.keys()].sort()).toEqual(["__proto__", "constructor"]);
    expect("polluted" in {}).toBe(false);
    expect(Object.getPrototypeOf(back.tensors)).toBe(Map.prototype);
    const schema = z.strictObject({ lambda: z.number().default(1) });
    expect(() => artifactConfig(back, "m", schema)).toThrow(/"__proto__"/);
  });

  it("refuse tensor names that the format keeps for itself", () => {
    for (const name of ["catalog.items", "catalog.users", "__proto__", "__metadata__", "__pad__1"]) {
      const tensors = new Map<string, Tensor>([[name, { shape: [1], data: Int8Array.of(1) }]]);
      expect(() => encodeArtifact({ ...artifact, tensors })).toThrow(bad(new RegExp(`${name} is reserved`)));
    }
  });

  it("refuse a tensor whose shape does not fit its data", () => {
    const tensors = new Map<string, Tensor>([["x", { shape: [2, 2], data: new Float32Array(3) }]]);
    expect(() => encodeArtifact({ ...artifact, tensors })).toThrow(bad(/needs 4 values, got 3/));
  });
});

describe("artifactConfig and artifactTensor", () => {
  const schema = z.strictObject({ lambda: z.number().min(0).default(1), nested: z.unknown() });

  it("give what fits", () => {
    expect(artifactConfig(artifact, "small", schema)).toEqual(artifact.config);
    expect(artifactTensor(artifact, "weights", Float32Array, [2, 3])).toBe(artifact.tensors.get("weights")!.data);
    expect(artifactTensor(artifact, "weights", Float32Array, [-1, 3])).toHaveLength(6);
    expect(artifactTensor(artifact, "empty", Int32Array, [0, 5])).toHaveLength(0);
  });

  it("refuse another model and a config that the schema refuses", () => {
    expect(() => artifactConfig(artifact, "other", schema)).toThrow(
      bad(/^expected an artifact of other, got one of small\.$/),
    );
    expect(() => artifactConfig({ ...artifact, config: { lambda: -1 } }, "small", schema)).toThrow(/small.*lambda/);
    expect(() => artifactConfig({ ...artifact, config: { mu: 1 } }, "small", schema)).toThrow(/mu/);
    expect(() => artifactConfig({ ...artifact, config: null }, "small", schema)).toThrow(/small/);
  });

  it("refuse a tensor that is missing, of another type or of another shape", () => {
    const weights =
      (...shape: number[]) =>
      () =>
        artifactTensor(artifact, "weights", Float32Array, shape);
    expect(() => artifactTensor(artifact, "nothing", Float32Array, [2, 3])).toThrow(
      bad(/tensor nothing must be Float32Array \[2,3\], got none/),
    );
    expect(() => artifactTensor(artifact, "weights", Float64Array, [2, 3])).toThrow(
      bad(/must be Float64Array \[2,3\], got Float32Array \[2,3\]/),
    );
    expect(weights(3, 2)).toThrow(bad(/must be Float32Array \[3,2\], got Float32Array \[2,3\]/));
    expect(weights(2, 3, 1)).toThrow(bad(/must be Float32Array \[2,3,1\], got Float32Array \[2,3\]/));
    expect(weights(-1)).toThrow(bad(/must be Float32Array \[-1\], got Float32Array \[2,3\]/));
  });
});

describe("writeArtifact and readArtifact", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sequitur-artifact-"));
  });
  afterEach(async () => rm(folder, { recursive: true }));

  it("keep an artifact on disk and leave nothing beside it", async () => {
    const path = join(folder, "small.safetensors");
    await writeArtifact(path, artifact);
    expect(encodeArtifact(await readArtifact(path))).toEqual(encodeArtifact(artifact));
    expect(await readdir(folder)).toEqual(["small.safetensors"]);
  });

  it("replace the old file as a whole", async () => {
    const path = join(folder, "small.safetensors");
    await writeFile(path, "old".repeat(10_000));
    await writeArtifact(path, artifact);
    expect((await readArtifact(path)).model).toBe("small");
    expect(await readdir(folder)).toEqual(["small.safetensors"]);
  });

  it("let several writers of one path finish, one of them whole", async () => {
    const path = join(folder, "small.safetensors");
    const models = ["a", "b", "c", "d"];
    await Promise.all(models.map(async (model) => writeArtifact(path, { ...artifact, model })));
    expect(models).toContain((await readArtifact(path)).model);
    expect(await readdir(folder)).toEqual(["small.safetensors"]);
  });

  it("keep the old file and leave no part when the new one cannot be encoded", async () => {
    const path = join(folder, "small.safetensors");
    await writeArtifact(path, artifact);
    const tensors = new Map<string, Tensor>([["x", { shape: [9], data: new Float32Array(1) }]]);
    await expect(writeArtifact(path, { ...artifact, tensors })).rejects.toMatchObject({ code: "bad-artifact" });
    expect((await readArtifact(path)).model).toBe("small");
    expect(await readdir(folder)).toEqual(["small.safetensors"]);
  });

  it("leave no part when the disk refuses, and say where and why", async () => {
    const path = join(folder, "taken");
    await mkdir(join(path, "inside"), { recursive: true });
    await expect(writeArtifact(path, artifact)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(path),
    });
    expect(await readdir(folder)).toEqual(["taken"]);
    const made = join(folder, "new-folder", "x");
    await writeArtifact(made, artifact);
    expect((await readArtifact(made)).model).toBe("small");
    await writeFile(join(folder, "file"), "");
    await expect(writeArtifact(join(folder, "file", "x"), artifact)).rejects.toMatchObject({ code: "unavailable" });
  });

  it("name the file that is missing or damaged", async () => {
    const path = join(folder, "small.safetensors");
    await expect(readArtifact(path)).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining(path),
    });
    await writeArtifact(path, artifact);
    await writeFile(path, (await readFile(path)).subarray(0, 100));
    await expect(readArtifact(path)).rejects.toMatchObject({
      code: "bad-artifact",
      message: expect.stringContaining(path),
    });
  });
});
