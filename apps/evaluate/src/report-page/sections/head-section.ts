import { count, fixed, pageHead, percent, safe, seconds, type Html } from "@sequitur/workbench";
import type { Report } from "../../report.js";
import { leaderboardView } from "../leaderboard-view.js";
import { metricTitle } from "../metric-words.js";

/** Title, the protocol in one sentence, what was found in one sentence, the facts, and the loud notes. */
export function headSection(report: Report): Html {
  const { protocol, data } = report;
  return pageHead({
    title: report.title,
    protocol: protocol.summary,
    headline: headline(report),
    facts: facts(report),
    notes: [...protocol.notes, ...data.notes],
  });
}

function headline(report: Report): Html {
  const view = leaderboardView(report);
  const best = view.competitors.find((row) => row.standing === "best");
  const value = best?.model.metrics[report.mainMetric];
  if (best === undefined || value === undefined) return safe`No model finished, so there is nothing to rank.`;
  const decimals = view.columns[0]?.decimals ?? 4;
  const worse = view.competitors.filter((row) => row.standing === "worse").length;
  const tied = view.competitors.filter((row) => row.standing === "tied").map((row) => row.model.label);
  const unequal = view.competitors.filter((row) => row.standing === "unequal").map((row) => row.model.label);
  const others = view.competitors.length - 1;
  const interval = `${percent(report.protocol.confidence)} interval ${fixed(value.low, decimals)} to ${fixed(value.high, decimals)}`;
  return safe`<strong>${best.model.label}</strong> has the highest ${metricTitle(report.mainMetric)}:
    <strong>${fixed(value.mean, decimals)}</strong>
    (${interval})${best.shareOfCeiling !== null && safe`, which is ${percent(best.shareOfCeiling)} of the ceiling`}.
    ${others > 0 && safe`It is better than ${worse} of ${others} ${others === 1 ? "other model" : "other models"} by more than chance${tied.length > 0 && safe`; ${listed(tied)} cannot be told apart from it`}${unequal.length > 0 && safe`; no difference is claimed to ${listed(unequal)}, which the protocol shows other things`}.`}`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

function facts(report: Report): [string, string][] {
  const { protocol } = report;
  const { queries } = protocol;
  const used = queries.testUsed === queries.test ? "" : ` of ${count(queries.test)}`;
  const seeds = [...new Set(report.models.flatMap((model) => model.runs.map((run) => String(run.seed))))];
  return [
    ["data", report.data.name],
    ["split", protocol.split],
    ["test queries", `${count(queries.testUsed)}${used}`],
    ["training interactions", count(queries.train)],
    ["items ranked for each query", count(protocol.rankedItems)],
    ["items seen before", protocol.masked ? "removed (masked)" : "kept (unmasked)"],
    [seeds.length === 1 ? "seed" : "seeds", seeds.join(", ") || "–"],
    ["this run", seconds(report.seconds)],
    ["date", report.startedAt.slice(0, 10)],
  ];
}
