/** Markup that is safe to put into a page as it is. */
export interface Html {
  readonly markup: string;
}

type Child = Html | string | number | null | undefined | false | readonly Child[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that is safe in element content and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** A template whose values are escaped unless they are markup already; lists are joined, null and false left out. */
export function safe(strings: TemplateStringsArray, ...values: readonly Child[]): Html {
  let markup = strings[0]!;
  for (const [i, value] of values.entries()) markup += markupOf(value) + strings[i + 1]!;
  return { markup };
}

/** A table's caption that stays in view when the table is scrolled sideways. */
export function caption(text: Html | string): Html {
  return safe`<caption><span>${text}</span></caption>`;
}

/** Marks a string as markup; only for text that this program wrote itself. */
export function trusted(markup: string): Html {
  return { markup };
}

function markupOf(value: Child): string {
  if (value === null || value === undefined || value === false) return "";
  if (typeof value === "string") return escapeHtml(value);
  if (typeof value === "number") return String(value);
  if (isHtml(value)) return value.markup;
  return value.map(markupOf).join("");
}

function isHtml(value: Html | readonly Child[]): value is Html {
  return "markup" in value;
}
