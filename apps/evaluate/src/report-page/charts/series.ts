import { ceilingSeries, seriesAt, type Series } from "@sequitur/workbench";
import type { Report } from "../../report.js";

/** Every model that has results, in the order of the leaderboard. */
export function seriesOf(report: Report): Series[] {
  let next = 0;
  return report.models
    .filter((model) => model.error === null)
    .map(({ label, role }) => (role === "ceiling" ? ceilingSeries(label) : seriesAt(label, next++)));
}
