import { throwIfCancelled, type Report } from "@sequitur/core";
import { open } from "node:fs/promises";
import { basename } from "node:path";

const CHUNK_CHARACTERS = 1 << 20;

/** Writes a new file of `count` lines made one by one; memory stays at a megabyte. */
export async function writeLines(
  path: string,
  head: string,
  count: number,
  lineOf: (index: number) => string,
  run: { readonly report: Report; readonly signal: AbortSignal },
): Promise<void> {
  const file = await open(path, "wx");
  const tell = (done: number): void =>
    run.report({ task: `write ${basename(path)}`, done, total: count, unit: "rows" });
  try {
    let text = head;
    tell(0);
    for (let i = 0; i < count; i++) {
      text += lineOf(i);
      if (text.length < CHUNK_CHARACTERS) continue;
      throwIfCancelled(run.signal);
      await file.writeFile(text);
      text = "";
      tell(i + 1);
    }
    await file.writeFile(text);
    await file.sync();
    tell(count);
  } finally {
    await file.close();
  }
}
