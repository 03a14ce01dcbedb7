import { count, fixed, pageHead, percent, safe, seconds, signed, type Html } from "@sequitur/workbench";
import { levelText } from "../level-text.js";
import type { ArmReport, Report } from "../report.js";

/** Title, what was simulated in one sentence, what came of it in one sentence, the facts, and the loud notes. */
export function headSection(report: Report): Html {
  return pageHead({
    title: report.title,
    protocol: protocol(report),
    headline: headline(report),
    facts: facts(report),
    notes: report.notes,
  });
}

function protocol({ config, seeds }: Report): string {
  const { warmup, behaviour } = config;
  return (
    `Simulated users of the ${config.world.kind} world see slates of ${config.slate} and click by the ${behaviour.clicks.kind} model. ` +
    `For ${warmup.days} days ${warmup.policy.label ?? warmup.policy.name} serves and its log fits the models; then each arm serves the same users for ` +
    `${config.days} days, in ${seeds.length} ${seeds.length === 1 ? "world" : "worlds"}.`
  );
}

function headline(report: Report): Html {
  const compared = report.arms.filter(({ versusControl, verdict }) => versusControl !== null && verdict !== "ceiling");
  if (compared.length === 0) return safe`There is nothing to compare: see below.`;
  const sentences = compared.map((arm) => sentence(report, arm));
  return safe`${sentences}`;
}

function sentence({ control, config }: Report, { label, versusControl, verdict }: ArmReport): Html {
  const { mean, low, high } = versusControl!.clicks;
  const interval =
    low === null || high === null ? "" : ` (${levelText(config)} interval ${signed(low, 0)} to ${signed(high, 0)})`;
  const words = {
    "more clicks": "brings more clicks than",
    "fewer clicks": "brings fewer clicks than",
    "not told apart": "cannot be told apart from",
  } as const;
  const said = words[verdict as keyof typeof words];
  return safe`<strong>${label}</strong> ${said} ${control}: ${signed(mean, 0)} a world${interval}. `;
}

function facts(report: Report): [string, string][] {
  const { config, seeds, sampleRatio, power } = report;
  const rows: [string, string][] = [
    ["world", config.world.kind],
    ["click model", config.behaviour.clicks.kind],
    ["users a world", count(config.users)],
    ["slates an arm", count(report.visits)],
    ["worlds", seeds.join(", ")],
    ["control", report.control],
    ["arms learn", config.learn === "day" ? "at the start of each day" : "before each batch"],
    ["this run", seconds(report.seconds)],
    ["date", report.startedAt.slice(0, 10)],
  ];
  if (sampleRatio !== null) rows.push(["sample ratio", sampleRatio.mismatch ? "MISMATCH" : "as designed"]);
  if (power !== null)
    rows.push(["smallest effect that can be found", `${fixed(100 * power.detectable, 1)}% (power ${percent(0.8)})`]);
  return rows;
}
