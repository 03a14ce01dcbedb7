import { htmlPage } from "@sequitur/workbench";
import type { Report } from "../report.js";
import { chartSections } from "./chart-sections.js";
import { headSection } from "./head-section.js";
import { closingSections, tableSections } from "./table-sections.js";

/** The report as one self-contained HTML page; the same report gives the same page. All its texts are untrusted. */
export function reportPage(report: Report): string {
  return htmlPage({
    title: report.title,
    head: headSection(report),
    sections: [...tableSections(report), ...chartSections(report), ...closingSections(report)],
  });
}
