import { type Random, selectSlates, type SlateLog } from "@sequitur/core";

/** Slates of held-out users' that train, as the note's protocol has it. */
const TRAINING_STEPS = 5;

/** A log in parts by users: those held out keep their first five slates in training. */
export interface HeldOut {
  readonly train: SlateLog;
  /** Rows of the whole log, ascending: the slates of held-out users from their sixth on. */
  readonly validation: Int32Array;
  readonly test: Int32Array;
}

/**
 * Holds out shares of the users by a seeded permutation. Each held-out user has exactly min(5, length) training slates;
 * the rest are in one of the two sets. Rows are judged in the whole log, so that their history is there.
 */
export function holdOut(log: SlateLog, shares: { validation: number; test: number }, random: Random): HeldOut {
  const users = log.catalog.users.size;
  const order = random.shuffle(Int32Array.from({ length: users }, (_, user) => user));
  const validationUsers = Math.round(shares.validation * users);
  const testUsers = Math.round(shares.test * users);
  const part = new Uint8Array(users);
  for (const user of order.subarray(0, validationUsers)) part[user] = 1;
  for (const user of order.subarray(validationUsers, validationUsers + testUsers)) part[user] = 2;
  const rows: [number[], number[], number[]] = [[], [], []];
  for (let row = 0; row < log.size; row++) {
    const user = log.users[row]!;
    const isTraining = row < log.userOffsets[user]! + TRAINING_STEPS;
    rows[isTraining ? 0 : (part[user] as 0 | 1 | 2)].push(row);
  }
  const [train, validation, test] = rows.map((list) => Int32Array.from(list)) as [Int32Array, Int32Array, Int32Array];
  return { train: train.length === log.size ? log : selectSlates(log, train), validation, test };
}
