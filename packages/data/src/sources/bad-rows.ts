import { PlatformError } from "@sequitur/core";

/** How many of the skipped rows are shown in the note. */
const SHOWN = 5;

/** Counts rows that cannot be read: the first one too many stops the import; the others are skipped and listed. */
export class BadRows {
  private readonly limit: number;
  private readonly shown: string[] = [];
  count = 0;

  constructor(limit = 0) {
    this.limit = limit;
  }

  /** Whether the first bad row stops the import. */
  get isStrict(): boolean {
    return this.limit === 0;
  }

  /** Takes note of a row's `bad-data`, or throws it: when the limit is reached, and every other error. */
  take(error: unknown): void {
    if (!(error instanceof PlatformError) || error.code !== "bad-data" || this.isStrict) throw error;
    this.count += 1;
    if (this.count > this.limit) {
      const message = `${error.message} It is bad row ${this.count}, and at most ${this.limit} may be skipped.`;
      throw new PlatformError("bad-data", message, { cause: error });
    }
    if (this.shown.length < SHOWN) this.shown.push(error.message);
  }

  /** Runs the work of one row. */
  guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.take(error);
    }
  }

  notes(): string[] {
    if (this.count === 0) return [];
    const rest = this.count > this.shown.length ? ` and ${this.count - this.shown.length} more` : "";
    return [`Bad rows, skipped: ${this.count} (at most ${this.limit} allowed). ${this.shown.join(" ")}${rest}`];
  }
}
