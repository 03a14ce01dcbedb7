import { PlatformError } from "@sequitur/core";
import { GrowingColumn, type InteractionBuilder } from "./interaction-builder.js";
import type { ImportRun } from "./source-folder.js";
import { textBlocks } from "./text-blocks.js";

const NEWLINE = 0x0a;
const SPACE = 0x20;

/** The note that every data set read from sequences carries. */
export const SYNTHETIC_ORDER_NOTE =
  "The source gives the order only: a time is the position within the user's sequence (0, 1, 2, ... ms), so cuts by date mean nothing.";

/**
 * Reads lines of `user item item ...`, oldest first, blanks between. Time and position are the place in the line.
 * A line without items and a second line of a user are `bad-data`.
 */
export async function readSequenceLines(path: string, run: ImportRun, builder: InteractionBuilder): Promise<void> {
  builder.timesAre = "order";
  const positions = (builder.context.position ??= new GrowingColumn(Int32Array));
  for await (const block of textBlocks(path, "utf-8", run)) {
    const { bytes } = block;
    let line = block.firstLine;
    for (let start = 0; start < bytes.length; line++) {
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline < 0 ? bytes.length : newline;
      readLine(bytes, start, end, `${path}, line ${line}`, builder, positions);
      start = end + 1;
    }
  }
}

function readLine(
  bytes: Buffer,
  start: number,
  end: number,
  where: string,
  builder: InteractionBuilder,
  positions: GrowingColumn<Int32Array>,
): void {
  const known = builder.users.size;
  let user = -1;
  let position = 0;
  let at = start;
  while (at < end) {
    while (at < end && bytes[at]! <= SPACE) at += 1;
    const from = at;
    while (at < end && bytes[at]! > SPACE) at += 1;
    if (at === from) break;
    if (user < 0) {
      user = builder.users.add(bytes, from, at);
      if (user < known) {
        const id = bytes.toString("utf8", from, at);
        throw new PlatformError("bad-data", `${where}: expected one line a user, got user "${id}" again.`);
      }
    } else {
      builder.add(user, builder.items.add(bytes, from, at), position);
      positions.push(position);
      position += 1;
    }
  }
  if (user >= 0 && position === 0) {
    throw new PlatformError("bad-data", `${where}: expected a user and at least one item, got 1 field.`);
  }
}
