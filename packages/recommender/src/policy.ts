import type { Random, Ranking, Slate } from "@sequitur/core";

/** Turns a ranking of one query into the slate that is shown, and says how likely each choice was. */
export interface Policy {
  readonly name: string;
  slate(ranking: Ranking, k: number, random: Random): Slate;
}
