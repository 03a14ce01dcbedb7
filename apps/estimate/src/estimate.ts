import { PlatformError, throwIfCancelled, type Report as ReportProgress } from "@sequitur/core";
import { probeFolder, writeTogether } from "@sequitur/core/files";
import type { Store } from "@sequitur/store";
import { codeVersion, machineText } from "@sequitur/workbench";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { estimatePolicy } from "./estimate-policy.js";
import { fileSource } from "./log/file-source.js";
import type { SlateSource } from "./log/slate-source.js";
import { storeSource } from "./log/store-source.js";
import { surveyLog, type Survey } from "./log/survey.js";
import { needsFit, openPolicy } from "./policies/open-policy.js";
import { reportPage } from "./report-page/report-page.js";
import { REPORT_FORMAT, type PolicyReport, type Report } from "./report.js";
import type { Settings } from "./settings.js";

export interface EstimateIo {
  /** Folder of report.json and report.html; made when missing. */
  readonly out: string;
  /** The log; absent: what the settings name. */
  readonly source?: SlateSource;
  /** Needed where the settings name the store. */
  readonly store?: Store | undefined;
  readonly report?: ReportProgress | undefined;
  readonly signal?: AbortSignal | undefined;
  /** ms since the epoch; only for `startedAt`. */
  readonly now?: () => number;
}

/** What other policies would have earned, by a log; writes report.json and report.html, both or none. */
export async function estimate(settings: Settings, io: EstimateIo): Promise<Report> {
  const started = performance.now();
  const startedAt = new Date((io.now ?? Date.now)()).toISOString();
  await probeFolder(io.out);
  const source = io.source ?? openLog(settings, io);
  const survey = await surveyLog(source);
  const fitSlates = await fitPart(settings, survey);
  const policies: PolicyReport[] = [];
  for (const choice of settings.policies) {
    throwIfCancelled(io.signal);
    const policy = await openPolicy(choice, { settings, source, survey, fitSlates, run: io });
    policies.push(await estimatePolicy(policy, { settings, source, survey, from: fitSlates }));
  }
  const { commit } = await codeVersion();
  const names = settings.policies.map(({ name }) => name).join(", ");
  const report: Report = {
    format: REPORT_FORMAT,
    title: settings.title === "" ? `What ${names} would have earned` : settings.title,
    config: settings,
    environment: { commit, node: process.version, machine: machineText() },
    startedAt,
    seconds: (performance.now() - started) / 1000,
    log: logReport(source, survey, fitSlates),
    policies,
  };
  await writeTogether([
    [join(io.out, "report.html"), reportPage(report)],
    [join(io.out, "report.json"), `${JSON.stringify(report, null, 1)}\n`],
  ]);
  return report;
}

function openLog({ log, store: storeLog, map }: Settings, io: EstimateIo): SlateSource {
  if (log !== undefined) return fileSource(log, map, io);
  if (storeLog !== undefined && io.store !== undefined) return storeSource(storeLog, { ...io, store: io.store });
  throw new PlatformError("bad-config", "the settings name the store as the log: expected an open store, got none.");
}

/** Slates that fit models: none where no policy ranks by one. Throws `bad-data` where the log is not in order of time. */
async function fitPart(settings: Settings, survey: Survey): Promise<number> {
  const needs = await Promise.all(settings.policies.map(needsFit));
  if (!needs.includes(true)) return 0;
  if (survey.ordered) return Math.floor(settings.fitShare * survey.slates);
  const message =
    "a model is fitted on the first part of the log and judged on the rest: the log must be in order of time";
  throw new PlatformError("bad-data", `${message}. Sort it by its time column.`);
}

function logReport(source: SlateSource, survey: Survey, fitSlates: number): Report["log"] {
  const { slates, places, positions, items, rewards, knownPropensities, knownConditionals, grouped } = survey;
  const unit = grouped ? "slate" : "shown item";
  return {
    name: source.name,
    unit,
    slates,
    places,
    positions,
    items: items.size,
    rewards,
    knownPropensities,
    knownConditionals,
    estimated: survey.estimated,
    fitSlates,
  };
}
