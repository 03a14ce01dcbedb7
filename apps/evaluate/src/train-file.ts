import type { Interactions } from "@sequitur/core";
import { loadPrepared, savePrepared } from "@sequitur/data";
import { cannotWrite } from "@sequitur/core/files";

/** Writes training interactions with their catalogue, for the processes that fit on them. */
export async function writeTrain(path: string, train: Interactions): Promise<void> {
  const about = { name: "train", title: "", licence: "", citation: "", revisits: true, notes: [], fingerprint: "" };
  try {
    await savePrepared(path, { ...about, interactions: train });
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

/** Reads what `writeTrain` wrote. */
export async function readTrain(path: string): Promise<Interactions> {
  return (await loadPrepared(path)).interactions;
}
