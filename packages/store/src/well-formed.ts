const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** Whether Postgres can hold the text: it has no NUL, and UTF-8 no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return !UNSTORABLE.test(text);
}

/** The text without what Postgres cannot hold. */
export function storable(text: string): string {
  return text.replaceAll(/[\0\p{Surrogate}]/gu, "");
}
