import { safe, type Html } from "./safe.js";

/** What stands at the top of a report. */
export interface HeadParts {
  readonly title: string;
  /** How the numbers were made, in one sentence. */
  readonly protocol: string;
  /** What was found, in one sentence. */
  readonly headline: Html;
  /** The tiles: name and value. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Loud ones; no box without any. */
  readonly notes: readonly string[];
}

/** The head of a page: title, protocol, headline, the facts as tiles, and the notes. */
export function pageHead({ title, protocol, headline, facts, notes }: HeadParts): Html {
  return safe`<header>
    <h1>${title}</h1>
    <p class="protocol">${protocol}</p>
    <p class="headline">${headline}</p>
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          safe`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    ${
      notes.length > 0 &&
      safe`<div class="notes" role="note">
        <strong>Keep in mind</strong>
        <ul>
          ${notes.map((note) => safe`<li>${note}</li>`)}
        </ul>
      </div>`
    }
  </header>`;
}
