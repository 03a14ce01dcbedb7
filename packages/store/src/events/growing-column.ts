import type { NumberColumn } from "@sequitur/core";

/** A typed column that grows by doubling; what was never set is the filler. */
export class GrowingColumn<T extends NumberColumn> {
  private data: T;
  private readonly make: (length: number) => T;
  length = 0;
  /** Whether any value was ever given. */
  used = false;

  constructor(make: (length: number) => T) {
    this.make = make;
    this.data = make(1 << 12);
  }

  /** Appends a value, or the filler for null. */
  push(value: number | null, filler = 0): void {
    if (this.length === this.data.length) {
      const larger = this.make(this.length * 2);
      larger.set(this.data);
      this.data = larger;
    }
    if (value !== null) this.used = true;
    this.data[this.length++] = value ?? filler;
  }

  /** The values so far, cut to length. */
  finish(): T {
    return this.data.slice(0, this.length) as T;
  }
}
