import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "@sequitur/core";
import { afterAll } from "vitest";
import { importDataset, type ImportOptions } from "../datasets/open-dataset.js";

/**
 * One log of 20 users and 12 items, written in the ways that people's files are written. Each must give the same users,
 * items and rows, or an error or note that names what is wrong.
 */
const folder = mkdtempSync(join(tmpdir(), "sequitur-relatives-"));
afterAll(() => rmSync(folder, { recursive: true }));

export interface Event {
  readonly user: number;
  readonly item: number;
  /** s since 1970. */
  readonly time: number;
}

const random = new Random(7);
export const events: Event[] = Array.from({ length: 200 }, (_, row) => ({
  user: row < 20 ? row : random.integer(20),
  item: row < 12 ? row : random.integer(12),
  time: 1_700_000_000 + random.integer(5_000_000),
}));
export const BIG = 9_007_199_254_740_993n;
export const MAPPING = { user: "user", item: "item", time: "time" };

/** Writes a file for the time of the test. */
export function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Imports one file. */
export async function read(path: string, more: Partial<ImportOptions> = {}, mapping: object = MAPPING) {
  const source = { files: [path], ...more, mapping } as ImportOptions;
  const { interactions, notes } = await importDataset({ name: "mine", source });
  const { catalog, size, times } = interactions;
  return { users: catalog.users, items: catalog.items, size, times, notes, interactions };
}

/** A table of lines, a header first. */
export function lines(
  separator: string,
  row: (event: Event, index: number) => readonly (string | number | bigint)[],
  header: readonly string[] = ["user", "item", "time"],
): string {
  return [header, ...events.map(row)].map((fields) => `${fields.join(separator)}\n`).join("");
}

/** Ids as words, the time in s. */
export const plain = ({ user, item, time }: Event): [string, string, number] => [`u${user}`, `i${item}`, time];
