import { createHash } from "node:crypto";
import type { Report } from "../report.js";
import { safe, trusted, type Html } from "./safe.js";
import { PAGE_STYLE } from "./page-style.js";
import { breakdownSection, cutoffSection, intervalSection, trainingSection } from "./sections/chart-sections.js";
import { dataSection, glossarySection, reproduceSection } from "./sections/closing-sections.js";
import { headSection } from "./sections/head-section.js";
import { leaderboardSection } from "./sections/leaderboard-section.js";
import { beyondSection, comparisonSection, tuningSection } from "./sections/table-sections.js";
import { SORT_SCRIPT } from "./sort-script.js";

/**
 * The report as one self-contained HTML page: charts are drawn here as inline SVG, nothing is fetched when it is
 * opened, and its content policy forbids it. The same report gives the same page. All its texts are untrusted.
 */
export function reportPage(report: Report): string {
  const sections: (Html | null)[] = [
    leaderboardSection(report),
    intervalSection(report),
    cutoffSection(report),
    breakdownSection(report),
    trainingSection(report),
    beyondSection(report),
    comparisonSection(report),
    tuningSection(report),
    dataSection(report),
    reproduceSection(report),
    glossarySection(report),
  ];
  return safe`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${report.title}</title>
<style>${trusted(PAGE_STYLE)}</style>
</head>
<body>
${headSection(report)}
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
