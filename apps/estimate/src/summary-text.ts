import { brief, count } from "@sequitur/workbench";
import type { EstimateReport, Report } from "./report.js";

/** The report for a terminal: the verdict on the log first, then the estimates. Ends in a newline. */
export function summaryText({ title, log, policies, config }: Report): string {
  const lines = [
    clean(title),
    `${count(log.slates)} ${log.unit}s, ${count(log.items)} items, reward ${count(log.rewards)}, of ${clean(log.name)}`,
  ];
  for (const { policy, verdict, estimates, skipped } of policies) {
    lines.push("", `${clean(policy)}: can this log answer the question? ${verdict.answer}`);
    for (const reason of verdict.reasons) lines.push(`  - ${reason}`);
    lines.push(
      `  ${"estimator".padEnd(12)} ${`reward a ${log.unit}`.padStart(20)}  ${`${100 * config.level} % interval`.padStart(24)}  effective rows`,
    );
    for (const row of estimates) lines.push(`  ${rowText(row)}`);
    for (const { estimator, reason } of skipped) lines.push(`  ${estimator.padEnd(12)} not estimated: ${reason}`);
  }
  return `${lines.join("\n")}\n`;
}

function rowText({ estimator, value, low, high, effectiveRows }: EstimateReport): string {
  const shown = value === null ? "–" : brief(value);
  const interval = low === null || high === null ? "none" : `${brief(low)} to ${brief(high)}`;
  const rows = effectiveRows === null ? "" : brief(effectiveRows);
  return `${estimator.padEnd(12)} ${shown.padStart(20)}  ${interval.padStart(24)}  ${rows.padStart(14)}`.trimEnd();
}

/** Names come from files: nothing in them may steer the terminal. */
function clean(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001F\u007F-\u009F]+/g, " ").trim();
}
