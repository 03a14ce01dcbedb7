import { PlatformError } from "@sequitur/core";
import type { ImportRun } from "./source-folder.js";
import type { RowConsumer, TableWish } from "./table-wish.js";
import { decodeText, textBlocks } from "./text-blocks.js";
import { DateTime } from "luxon";
import { Instant, ValueRow } from "./value-row.js";

const COLUMNS = ["user", "item", "time", "kind", "session"];
const LINE = /^([^\t]+)\t([^\t]+)\t(\d+\/\d+\/\d{4} \d+:\d\d:\d\d [AP]M)\t([^\t]*)\t(\S+-[01](?: \S+-[01])*)\s*$/;

/**
 * Reads the behaviors.tsv of MIND (Wu et al. 2020) and files made like it: impression, user, time, earlier clicks, and what was
 * shown as `N1-1 N2-0`. One row a shown item, of kind click or impression, the impression being its session; the earlier
 * clicks come once a user, in their order and a second apart before the user's first line. Only training files should give
 * them: `earlier` says whether this one does.
 */
export async function readMindBehaviors(
  path: string,
  { note, earlier = true }: TableWish,
  run: ImportRun,
  consumer: RowConsumer,
): Promise<void> {
  const row = new ValueRow({ path, unit: "line", columns: COLUMNS });
  const onRow = consumer(COLUMNS);
  const known = new Set<string>();
  const give = (...values: unknown[]): void => {
    row.values = values;
    onRow(row);
  };
  for await (const { bytes, firstLine } of textBlocks(path, "utf-8", run)) {
    for (const [at, line] of decodeText(bytes, "utf-8").split("\n").entries()) {
      if (line.trim() === "") continue;
      row.position = firstLine + at;
      const { session, user, time, clicked, shown } = parsed(line, row.where());
      const past = known.has(user) || !earlier ? [] : clicked;
      past.forEach((item, i) =>
        give(user, item, new Instant(time - 1000 * (past.length - i)), "click", `${session}-before`),
      );
      known.add(user);
      for (const entry of shown) {
        const kind = entry.endsWith("-1") ? "click" : "impression";
        give(user, entry.slice(0, -2), new Instant(time), kind, session);
      }
    }
  }
  note?.(
    `${path}: a log of impressions; ` +
      (earlier
        ? "the clicks before a user's first line have no times of their own and stand a second apart before it."
        : "the clicks before a user's first line are left out, as training has them."),
  );
}

function parsed(line: string, where: string) {
  const [, session = "", user = "", written = "", clicked = "", shown = ""] = LINE.exec(line) ?? [];
  const time = DateTime.fromFormat(written, "M/d/yyyy h:mm:ss a", { zone: "UTC", locale: "en-US" });
  if (session === "" || !time.isValid) {
    throw new PlatformError(
      "bad-data",
      `${where}: expected "impression, user, M/d/yyyy h:mm:ss AM, earlier clicks, N1-1 N2-0" with tabs between, got "${line.slice(0, 60)}".`,
    );
  }
  return { session, user, time: time.toMillis(), clicked: clicked.split(" ").filter(Boolean), shown: shown.split(" ") };
}

/** Whether the beginning of a file looks so. */
export function startsWithBehaviors(start: string): boolean {
  return /^\S+\t\S+\t\d+\/\d+\/\d{4} \d+:\d\d:\d\d [AP]M\t[^\t\n]*\t\S+-[01][ \r\n]/.test(start);
}
