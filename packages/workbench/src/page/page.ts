import { createHash } from "node:crypto";
import { PAGE_STYLE } from "./page-style.js";
import { safe, trusted, type Html } from "./safe.js";
import { SORT_SCRIPT } from "./sort-script.js";

/** What a page is made of; all texts are untrusted. */
export interface PageParts {
  readonly title: string;
  readonly head: Html;
  readonly sections: readonly (Html | null)[];
}

/** One self-contained HTML page: nothing is fetched when it is opened, and its content policy forbids it. */
export function htmlPage({ title, head, sections }: PageParts): string {
  return safe`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${trusted(PAGE_STYLE)}</style>
</head>
<body>
${head}
<main>
${sections}
</main>
<footer class="soft">Made by sequitur. One file, no outside requests.</footer>
<script>${trusted(SORT_SCRIPT)}</script>
</body>
</html>
`.markup;
}

/** Nothing may be loaded; the only script that runs is the one that this program wrote. */
function contentPolicy(): string {
  const hash = createHash("sha256").update(SORT_SCRIPT).digest("base64");
  return `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
}
