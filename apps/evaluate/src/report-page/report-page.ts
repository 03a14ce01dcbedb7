import { htmlPage } from "@sequitur/workbench";
import type { Report } from "../report.js";
import { breakdownSection, cutoffSection, intervalSection, trainingSection } from "./sections/chart-sections.js";
import { dataSection, glossarySection, reproduceSection } from "./sections/closing-sections.js";
import { headSection } from "./sections/head-section.js";
import { leaderboardSection } from "./sections/leaderboard-section.js";
import { mapSection } from "./sections/map-section.js";
import { beyondSection, comparisonSection, tuningSection } from "./sections/table-sections.js";

/**
 * The report as one self-contained HTML page: charts are drawn here as inline SVG, nothing is fetched when it is
 * opened, and its content policy forbids it. The same report gives the same page. All its texts are untrusted.
 */
export function reportPage(report: Report): string {
  const sections = [
    leaderboardSection(report),
    intervalSection(report),
    cutoffSection(report),
    breakdownSection(report),
    mapSection(report),
    trainingSection(report),
    beyondSection(report),
    comparisonSection(report),
    tuningSection(report),
    dataSection(report),
    reproduceSection(report),
    glossarySection(report),
  ];
  return htmlPage({ title: report.title, head: headSection(report), sections });
}
