/** Unicode with two bytes a character, as Windows programs write it; the mark at the start tells it. */
type WideEncoding = "utf-16le" | "utf-16be";

const RETURN = 0x0d;
const NEWLINE = 0x0a;

/**
 * Chunks of a text file as UTF-8 (or the one-byte encoding that they have) with lines that end in newlines: UTF-16 is
 * recoded, and a file whose lines end in carriage returns alone gets newlines in their place.
 */
export async function* plainText(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let returnsOnly = false;
  let isFirst = true;
  for await (const chunk of chunks) {
    if (isFirst) {
      const wide = wideEncoding(chunk);
      decoder = wide && new TextDecoder(wide, { ignoreBOM: false });
    }
    const text = decoder === undefined ? chunk : Buffer.from(decoder.decode(chunk, { stream: true }));
    if (isFirst) returnsOnly = text.includes(RETURN) && !text.includes(NEWLINE);
    isFirst = false;
    yield returnsOnly ? withNewlines(text) : text;
  }
}

function wideEncoding(chunk: Buffer): WideEncoding | undefined {
  if (chunk[0] === 0xff && chunk[1] === 0xfe) return "utf-16le";
  if (chunk[0] === 0xfe && chunk[1] === 0xff) return "utf-16be";
  // Without a mark, ASCII in two bytes has a zero in every other place.
  const head = chunk.subarray(0, 64);
  if (head.length < 8) return undefined;
  const zeros = (from: number): boolean => head.every((byte, at) => at % 2 !== from || byte === 0);
  if (zeros(1)) return "utf-16le";
  return zeros(0) ? "utf-16be" : undefined;
}

function withNewlines(bytes: Buffer): Buffer {
  for (let at = bytes.indexOf(RETURN); at >= 0; at = bytes.indexOf(RETURN, at + 1)) bytes[at] = NEWLINE;
  return bytes;
}
