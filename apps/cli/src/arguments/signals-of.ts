import { parseConfig, parseSignals, signalsSchema, type Signals } from "@sequitur/core";
import type { Store } from "@sequitur/store";
import { existsSync } from "node:fs";
import { readJsonFile } from "./read-json-file.js";

/** The flag of every command that reads events. */
export const SIGNALS_FLAG = "--signals <rules>";
export const SIGNALS_HELP =
  'what events say: a JSON file, or rules such as "purchase=8, dislike=-4, seen=exposure, rating>=4, dwell>30s"';

/** What `--signals` gives: a file of JSON where there is one of that name, else rules in one line. */
export async function signalsOf(text: string | undefined): Promise<Signals | undefined> {
  if (text === undefined) return undefined;
  const isFile = text.endsWith(".json") || existsSync(text);
  return isFile ? parseConfig(signalsSchema, await readJsonFile(text), text) : parseSignals(text);
}

/** Sets what a store's events say, where the flag was given. */
export async function setSignals(store: Store, signals: Signals | undefined): Promise<void> {
  if (signals === undefined) return;
  const { writeSignals } = await import("@sequitur/store");
  await writeSignals(store, signals);
}
