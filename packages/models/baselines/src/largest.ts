/**
 * Keeps the `keep` entries of largest value, ties to the lower key; entries come in any order. A binary heap with the
 * worst kept entry on top, so that most entries cost one comparison.
 */
export class Largest {
  private readonly keys: Int32Array;
  private readonly values: Float64Array;
  private size = 0;

  constructor(keep: number) {
    this.keys = new Int32Array(keep);
    this.values = new Float64Array(keep);
  }

  offer(key: number, value: number): void {
    const { keys, values } = this;
    if (this.size === keys.length) {
      if (this.size === 0 || !isWorse(values[0]!, keys[0]!, value, key)) return;
      this.sink(0, this.size, key, value);
      return;
    }
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isWorse(value, key, values[parent]!, keys[parent]!)) break;
      keys[at] = keys[parent]!;
      values[at] = values[parent]!;
      at = parent;
    }
    keys[at] = key;
    values[at] = value;
  }

  /** The kept entries, best first; empties the heap. */
  drain(): { readonly keys: Int32Array; readonly values: Float64Array } {
    const { keys, values } = this;
    const size = this.size;
    for (let end = size - 1; end > 0; end--) {
      const key = keys[0]!;
      const value = values[0]!;
      this.sink(0, end, keys[end]!, values[end]!);
      keys[end] = key;
      values[end] = value;
    }
    this.size = 0;
    return { keys: keys.slice(0, size), values: values.slice(0, size) };
  }

  /** Puts an entry at `at` and lets it sink within the first `size` places. */
  private sink(at: number, size: number, key: number, value: number): void {
    const { keys, values } = this;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && isWorse(values[child + 1]!, keys[child + 1]!, values[child]!, keys[child]!)) child++;
      if (!isWorse(values[child]!, keys[child]!, value, key)) break;
      keys[at] = keys[child]!;
      values[at] = values[child]!;
      at = child;
    }
    keys[at] = key;
    values[at] = value;
  }
}

function isWorse(value: number, key: number, than: number, thanKey: number): boolean {
  return value < than || (value === than && key > thanKey);
}
