import {
  bytes,
  caption,
  columnPercent,
  count,
  fixed,
  halfWidth,
  pValue,
  percent,
  safe,
  seconds,
  signed,
  swatch,
  type Html,
} from "@sequitur/workbench";
import type { Report } from "../../report.js";
import { inputWords } from "../../shown-inputs.js";
import { seriesOf } from "../charts/series.js";
import {
  comparisonMark,
  leaderboardView,
  meanOverRuns,
  peakMemory,
  type LeaderboardRow,
  type LeaderboardView,
  type MetricColumn,
} from "../leaderboard-view.js";
import { metricTitle } from "../metric-words.js";

/** The one table that matters, ceiling apart on top and failures apart below, and how to read it. */
export function leaderboardSection(report: Report): Html {
  const view = leaderboardView(report);
  const others = view.columns.slice(1);
  const baseline = view.hasBaseline && report.baseline !== null ? report.baseline : null;
  const number = (title: string): Html => safe`<th scope="col" data-key="number">${title}</th>`;
  const body = (rows: readonly LeaderboardRow[]): Html[] => rows.map((row) => rowOf(report, view, row, baseline));
  return safe`<section id="leaderboard">
    <h2>Leaderboard</h2>
    <p class="soft">${report.protocol.summary}</p>
    <div class="scroll" tabindex="0" role="region" aria-label="Leaderboard">
      <table data-sorting>
        ${caption(safe`Means over ${count(report.protocol.queries.testUsed)} queries; ± is half the ${percent(report.protocol.confidence)} interval.`)}
        <thead>
          <tr>
            <th scope="col" class="text" data-key="text">Model</th>
            ${view.columns.slice(0, 1).map(({ key }) => number(metricTitle(key)))}
            <th scope="col" class="text">Against the best</th>
            ${others.map(({ key }) => number(metricTitle(key)))}
            ${baseline !== null && number(`Against ${baseline}`)}${view.hasCeiling && number("Of the ceiling")}
            <th scope="col" class="text">Reads</th>${number("Time to fit")}${number("Users a second")}${number("Peak memory")}
          </tr>
        </thead>
        ${
          view.ceilings.length > 0 &&
          safe`<tbody class="ceiling">
            ${body(view.ceilings)}
          </tbody>`
        }
        <tbody data-sortable>
          ${body(view.competitors)}
        </tbody>
      </table>
    </div>
    ${failures(view)} ${reading(report, view, baseline)} ${everyMetric(report, view)}
  </section>`;
}

function rowOf(report: Report, view: LeaderboardView, row: LeaderboardRow, baseline: string | null): Html {
  const { model } = row;
  const [main, ...others] = view.columns;
  const ceiling = row.standing === "ceiling";
  const fit = meanOverRuns(model, (run) => run.timings.fitSeconds);
  const rate = meanOverRuns(model, (run) => run.timings.usersPerSecond);
  return safe`<tr${row.standing === "best" && safe` class="best"`}>
<th scope="row" data-sort="${model.label}" title="${model.label}">${label(report, row)}</th>
${main && metricCell(row, main)}<td class="verdict">${verdict(report, row)}</td>${others.map((column) => metricCell(row, column))}
${baseline !== null && baselineCell(row, main)}${view.hasCeiling && safe`<td data-sort="${row.shareOfCeiling ?? ""}">${row.shareOfCeiling === null || ceiling ? "" : columnPercent(row.shareOfCeiling)}</td>`}
<td class="text">${ceiling ? "" : inputWords(model.reads)}</td><td data-sort="${fit}">${ceiling ? "" : seconds(fit)}</td><td data-sort="${rate}">${ceiling ? "" : count(rate)}</td><td data-sort="${peakMemory(model)}">${ceiling ? "" : bytes(peakMemory(model))}</td>
</tr>
`;
}

function label(report: Report, row: LeaderboardRow): Html {
  const series = seriesOf(report).find((candidate) => candidate.label === row.model.label);
  return safe`${series && swatch(series)}
  ${row.model.label}${row.standing === "ceiling" && safe` <span class="soft">ceiling</span>`}`;
}

function metricCell(row: LeaderboardRow, column: MetricColumn): Html {
  const value = row.model.metrics[column.key];
  if (value === undefined) return safe`<td data-sort="">–</td>`;
  const mean = fixed(value.mean, column.decimals);
  const isBest = row.standing !== "ceiling" && value.mean === column.best;
  const over = `${fixed(value.low, column.decimals)} to ${fixed(value.high, column.decimals)}`;
  const seeds =
    value.spread === null
      ? null
      : safe`<br /><span class="half">seeds ± ${fixed(value.spread, column.decimals)}</span>`;
  return safe`<td data-sort="${value.mean}" title="${over}">
    ${isBest ? safe`<strong>${mean}<span class="hidden"> (highest)</span></strong>` : mean}
    <span class="half">± ${fixed(halfWidth(value), column.decimals)}</span>${seeds}
  </td>`;
}

function verdict(report: Report, row: LeaderboardRow): Html | string {
  if (row.standing === "best") return "★ best";
  if (row.standing === "ceiling") return "";
  const comparison = row.model.comparisons.best.find(({ metric }) => metric === report.mainMetric);
  if (comparison === undefined) return "";
  if (row.standing === "unequal")
    return safe`≠ <span class="half">one reads the ${inputWords(comparison.unequal)}</span>`;
  const p = pValue(comparison.pHolm);
  if (row.standing === "tied") return safe`≈ <span class="hidden">may be chance,</span> <span class="half">${p}</span>`;
  return safe`▼ <span class="hidden">lower,</span> <span class="half">${p}</span>`;
}

function baselineCell(row: LeaderboardRow, main: MetricColumn | undefined): Html {
  const comparison = row.baseline;
  if (comparison === undefined) return safe`<td data-sort=""></td>`;
  const { mean } = comparison.difference;
  return safe`<td data-sort="${mean}" title="${pValue(comparison.pHolm)}">
    ${comparisonMark(comparison)} ${signed(mean, main?.decimals ?? 4)}
  </td>`;
}

function failures(view: LeaderboardView): Html | null {
  if (view.failures.length === 0) return null;
  return safe`<div class="scroll">
    <table>
      ${caption("Models that did not finish.")}
      <thead>
        <tr>
          <th scope="col" class="text">Model</th>
          <th scope="col" class="text">What went wrong</th>
        </tr>
      </thead>
      <tbody class="failed">
        ${view.failures.map(
          ({ model }) =>
            safe`<tr>
              <th scope="row">${model.label}</th>
              <td class="long">${model.error}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function reading(report: Report, view: LeaderboardView, baseline: string | null): Html {
  const level = percent(1 - report.protocol.confidence);
  return safe`<p class="soft">
    <strong>How to read it.</strong> Bold is the highest of a column. The two columns with marks compare query by query:
    ▲ higher and ▼ lower by more than chance (Holm-corrected p below ${level}), ≈ the difference may be
    chance, ≠ the two are shown different things and no difference is claimed${baseline !== null && safe`; the second one compares with <em>${baseline}</em>`}. Intervals of two models may
    overlap and the models still differ, because both answer the same queries.
    ${view.hasCeiling && safe`The ceiling knows the true choice probabilities that generated the data; no model can be expected to pass it.`}
    Ties: ${report.protocol.ties}. Seen items: ${report.protocol.maskedBecause}. Each model was fitted and scored in a
    process of its
    own${report.environment.concurrency > 1 && safe`, ${report.environment.concurrency} at once, so that the timings disturb each other`}.
  </p>`;
}

function everyMetric(report: Report, view: LeaderboardView): Html | null {
  if (view.allColumns.length <= view.columns.length) return null;
  const rows = [...view.ceilings, ...view.competitors];
  return safe`<details>
    <summary>Every metric at every cut-off</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Every metric">
      <table data-sorting>
        ${caption(safe`Means over the queries, ± half the ${percent(report.protocol.confidence)} interval.`)}
        <thead>
          <tr>
            <th scope="col" class="text" data-key="text">Model</th>
            ${view.allColumns.map(({ key }) => safe`<th scope="col" data-key="number">${metricTitle(key)}</th>`)}
          </tr>
        </thead>
        <tbody data-sortable>
          ${rows.map(
            (row) =>
              safe`<tr>
                <th scope="row" data-sort="${row.model.label}">${row.model.label}</th>
                ${view.allColumns.map((column) => metricCell(row, column))}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
