import { crc32, deflateRawSync } from "node:zlib";

/** Numbers as a .npy file of version 1 in C order. */
export function npyOf(values: Int32Array | Float64Array | BigInt64Array | Int8Array, shape: readonly number[]): Buffer {
  const [letter] = values instanceof Float64Array ? ["f"] : ["i"];
  const order = values.BYTES_PER_ELEMENT === 1 ? "|" : "<";
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dict = `{'descr': '${order}${letter}${values.BYTES_PER_ELEMENT}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const padded = `${dict.padEnd(64 * Math.ceil((dict.length + 11) / 64) - 11)}\n`;
  const head = Buffer.alloc(10);
  head.write("\x93NUMPY", "latin1");
  head[6] = 1;
  head.writeUInt16LE(padded.length, 8);
  return Buffer.concat([
    head,
    Buffer.from(padded, "latin1"),
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  ]);
}

/** A .npz as `savez_compressed` writes it; `zip64` writes every size and offset in its 64-bit form. */
export function npzOf(arrays: Readonly<Record<string, Buffer>>, zip64 = false): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [array, data] of Object.entries(arrays)) {
    const name = Buffer.from(`${array}.npy`);
    const packed = deflateRawSync(data);
    const sizes = [data.length, packed.length];
    const local = header(0x04034b50, [zip64 ? 45 : 20, 0, 8, 0, 0x21], crc32(data), sizes, name.length, zip64, []);
    parts.push(local.fixed, name, local.extra, packed);
    const entry = header(0x02014b50, [45, zip64 ? 45 : 20, 0, 8, 0, 0x21], crc32(data), sizes, name.length, zip64, [
      offset,
    ]);
    central.push(entry.fixed, name, entry.extra);
    offset += local.fixed.length + name.length + local.extra.length + packed.length;
  }
  const directory = Buffer.concat(central);
  return Buffer.concat([...parts, directory, ending(Object.keys(arrays).length, directory.length, offset, zip64)]);
}

function header(
  signature: number,
  shorts: readonly number[],
  crc: number,
  [size = 0, packed = 0]: readonly number[],
  nameLength: number,
  zip64: boolean,
  offsets: readonly number[],
) {
  const isCentral = offsets.length > 0;
  const wide = zip64 ? [size, packed, ...offsets] : [];
  const extra = Buffer.alloc(zip64 ? 4 + 8 * wide.length : 0);
  if (zip64) extra.writeUInt16LE(1, 0);
  if (zip64) extra.writeUInt16LE(8 * wide.length, 2);
  wide.forEach((value, at) => extra.writeBigUInt64LE(BigInt(value), 4 + 8 * at));
  const fixed = Buffer.alloc(isCentral ? 46 : 30);
  fixed.writeUInt32LE(signature, 0);
  shorts.forEach((value, at) => fixed.writeUInt16LE(value, 4 + 2 * at));
  const from = 4 + 2 * shorts.length;
  fixed.writeUInt32LE(crc, from);
  fixed.writeUInt32LE(zip64 ? 0xffffffff : packed, from + 4);
  fixed.writeUInt32LE(zip64 ? 0xffffffff : size, from + 8);
  fixed.writeUInt16LE(nameLength, from + 12);
  fixed.writeUInt16LE(extra.length, from + 14);
  if (isCentral) fixed.writeUInt32LE(zip64 ? 0xffffffff : offsets[0]!, 42);
  return { fixed, extra };
}

function ending(count: number, size: number, offset: number, zip64: boolean): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(zip64 ? 0xffffffff : offset, 16);
  if (!zip64) return end;
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(45, 12);
  record.writeUInt16LE(45, 14);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(size), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + size), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator, end]);
}
