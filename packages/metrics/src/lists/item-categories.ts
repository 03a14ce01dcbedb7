/** The categories of each item as dense indices: item i's are indices[offsets[i] .. offsets[i + 1]], ascending. */
export interface ItemCategories {
  /** The name of each category index. */
  readonly names: readonly string[];
  /** (N + 1). */
  readonly offsets: Int32Array;
  readonly indices: Int32Array;
}

/** Indexes `itemColumns.categories`; a category repeated within an item counts once. */
export function itemCategories(categories: readonly (readonly string[])[]): ItemCategories {
  const indexOf = new Map<string, number>();
  const offsets = new Int32Array(categories.length + 1);
  const flat: number[] = [];
  for (let item = 0; item < categories.length; item++) {
    const own = new Set<number>();
    for (const name of categories[item]!) {
      const index = indexOf.get(name) ?? indexOf.size;
      indexOf.set(name, index);
      own.add(index);
    }
    for (const category of [...own].sort((a, b) => a - b)) flat.push(category);
    offsets[item + 1] = flat.length;
  }
  return { names: [...indexOf.keys()], offsets, indices: Int32Array.from(flat) };
}
