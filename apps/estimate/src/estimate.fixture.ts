import { Random } from "@sequitur/core";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Chance of a click of each of six items wherever it stands. */
export const CLICKS = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4] as const;
const POSITIONS = 3;
/** Weights of the logging policy, which draws without replacement. */
const WEIGHTS = [4, 3, 2, 2, 1, 1] as const;

export interface LogRow {
  slate?: string;
  user?: string;
  time?: number;
  item: string;
  position: number;
  click: number;
  propensity?: number | null;
  conditional?: number | null;
}

/** A new folder for a test. */
export function testFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "estimate-"));
}

/** Writes rows as JSON Lines and gives the path. */
export async function jsonLines(folder: string, rows: readonly object[]): Promise<string> {
  const path = join(folder, "log.jsonl");
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return path;
}

/** Slates of three of six items by Plackett-Luce weights, clicked independently; both probabilities are exact. */
export function slateRows(slates: number, seed: string): LogRow[] {
  const random = new Random(seed);
  const marginal = marginals();
  const rows: LogRow[] = [];
  for (let slate = 0; slate < slates; slate++) {
    const left = new Set(WEIGHTS.keys());
    for (let position = 0; position < POSITIONS; position++) {
      const { item, chance } = drawFrom(left, random);
      left.delete(item);
      rows.push({
        slate: `s${slate}`,
        user: `u${slate}`,
        time: slate * 1000,
        item: `i${item}`,
        position,
        click: random.uniform() < CLICKS[item]! ? 1 : 0,
        propensity: marginal[position]![item]!,
        conditional: chance,
      });
    }
  }
  return rows;
}

function drawFrom(left: ReadonlySet<number>, random: Random): { item: number; chance: number } {
  const total = [...left].reduce((sum, item) => sum + WEIGHTS[item]!, 0);
  let draw = random.uniform() * total;
  let chosen = -1;
  for (const item of left) {
    chosen = item;
    draw -= WEIGHTS[item]!;
    if (draw < 0) break;
  }
  return { item: chosen, chance: WEIGHTS[chosen]! / total };
}

/** P(item at position) of the logging policy, by enumeration. */
function marginals(): number[][] {
  const table = Array.from({ length: POSITIONS }, () => WEIGHTS.map(() => 0));
  const visit = (taken: readonly number[], chance: number): void => {
    const position = taken.length;
    if (position === POSITIONS) return;
    const left = WEIGHTS.map((_, item) => item).filter((item) => !taken.includes(item));
    const total = left.reduce((sum, item) => sum + WEIGHTS[item]!, 0);
    for (const item of left) {
      const next = (chance * WEIGHTS[item]!) / total;
      table[position]![item]! += next;
      visit([...taken, item], next);
    }
  };
  visit([], 1);
  return table;
}
