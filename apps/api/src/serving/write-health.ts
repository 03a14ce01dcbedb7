import { PlatformError } from "@sequitur/core";

/** A refused write counts this long, also when smaller ones still fit; then somebody has to try again. */
const TRUST_MS = 5_000;

/** Whether the database takes what is written: it may answer every question and yet have no room. */
export class WriteHealth {
  private readonly now: () => number;
  private failedAt = -Infinity;

  constructor(now: () => number) {
    this.now = now;
  }

  get writable(): boolean {
    return this.now() - this.failedAt >= TRUST_MS;
  }

  /** The write, watched. */
  readonly watched = <Row, Result>(write: (rows: readonly Row[]) => Promise<Result>) => {
    return async (rows: readonly Row[]): Promise<Result> => {
      try {
        return await write(rows);
      } catch (error) {
        if (error instanceof PlatformError && error.code === "unavailable") this.failedAt = this.now();
        throw error;
      }
    };
  };
}
