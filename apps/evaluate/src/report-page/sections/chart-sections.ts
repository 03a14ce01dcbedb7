import { caption, count, decimalsFor, fixed, halfWidth, percent, safe, swatch, type Html } from "@sequitur/workbench";
import type { Report } from "../../report.js";
import { breakdownChart, groupsDrawn, groupsOf } from "../charts/breakdown-chart.js";
import { costChart } from "../charts/cost-chart.js";
import { cutoffChart, metricsByCutoff } from "../charts/cutoff-chart.js";
import { intervalChart } from "../charts/interval-chart.js";
import { seriesOf } from "../charts/series.js";
import { trainingChart, trainingSeries } from "../charts/training-chart.js";
import { leaderboardView } from "../leaderboard-view.js";
import { metricTitle, metricWords } from "../metric-words.js";

/** Every metric of the main cut-off with its interval, and quality against time. */
export function intervalSection(report: Report): Html | null {
  const { columns } = leaderboardView(report);
  if (seriesOf(report).length === 0) return null;
  return safe`<section id="intervals">
    <h2>How sure are the differences?</h2>
    <p>
      A dot is a mean over the queries, its line the ${percent(report.protocol.confidence)} interval. The table above
      says which differences are more than chance.
    </p>
    ${legend(report)}
    <div class="charts">
      ${columns.map(({ key, decimals }) => figure(metricTitle(key), intervalChart(report, key, decimals)))}
      ${report.best !== null && figure(`${metricTitle(report.mainMetric)} and the time to fit`, costChart(report))}
    </div>
  </section>`;
}

/** Metrics as the list grows. */
export function cutoffSection(report: Report): Html | null {
  const names = metricsByCutoff(report);
  if (names.length === 0) return null;
  return safe`<section id="cutoffs">
    <h2>By the length of the list</h2>
    ${legend(report)}
    <div class="charts">
      ${names.map((name) => figure(metricWords(name)?.title ?? name, cutoffChart(report, name)))}
    </div>
  </section>`;
}

/** For whom and for which items each model works. */
export function breakdownSection(report: Report): Html | null {
  const names = [...new Set(report.models.flatMap((model) => model.breakdowns.map(({ by }) => by)))];
  if (names.length === 0) return null;
  const keys = names.map((by) => ({ by, key: breakdownMetric(report, by) }));
  return safe`<section id="breakdowns">
    <h2>Where it works and where it does not</h2>
    <p>The same queries in groups. A group with few queries has a wide interval.</p>
    ${legend(report)}
    <div class="columns">${keys.map(({ by, key }) => key !== null && breakdownFigure(report, by, key))}</div>
    <details>
      <summary>The groups as tables</summary>
      ${keys.map(({ by, key }) => key !== null && breakdownTable(report, by, key))}
    </details>
  </section>`;
}

/** What the fits reported while they ran. */
export function trainingSection(report: Report): Html | null {
  const curves = trainingSeries(report);
  if (curves.length === 0) return null;
  return safe`<section id="training">
    <h2>Training</h2>
    <div class="charts">
      ${curves.map((curve) => figure(`${curve.model}: ${metricTitle(curve.value)}`, trainingChart(report, curve)))}
    </div>
  </section>`;
}

function figure(caption: string, chart: Html): Html {
  return safe`<figure>
    <figcaption>${caption}</figcaption>
    ${chart}
  </figure> `;
}

function breakdownFigure(report: Report, by: string, key: string): Html {
  const [drawn, all] = [groupsDrawn(report, by).length, groupsOf(report, by).size];
  const rest = drawn < all ? ` (the ${drawn} largest of ${all} groups)` : "";
  return figure(`${metricTitle(key)} by ${by}${rest}`, breakdownChart(report, by, key));
}

/** The main metric when the groups have it, else the first that they have. */
function breakdownMetric(report: Report, by: string): string | null {
  const groups = report.models.flatMap(
    (model) => model.breakdowns.find((breakdown) => breakdown.by === by)?.groups ?? [],
  );
  const keys = new Set(groups.flatMap((group) => Object.keys(group.metrics)));
  return keys.has(report.mainMetric) ? report.mainMetric : ([...keys][0] ?? null);
}

function breakdownTable(report: Report, by: string, key: string): Html {
  const models = report.models.filter((model) => model.error === null);
  const groups = [...groupsOf(report, by)];
  const cells = models.map((model) => {
    const own = model.breakdowns.find((breakdown) => breakdown.by === by)?.groups ?? [];
    return { model, measures: groups.map(([name]) => own.find((group) => group.name === name)?.metrics[key]) };
  });
  const decimals = decimalsFor(cells.flatMap(({ measures }) => measures.filter((measure) => measure !== undefined)));
  return safe`<div class="scroll" tabindex="0" role="region" aria-label="${metricTitle(key)} by ${by}">
    <table>
      ${caption(safe`${metricTitle(key)} by ${by}`)}
      <thead>
        <tr>
          <th scope="col" class="text">Model</th>
          ${groups.map(([name, queries]) => safe`<th scope="col">${name}<br /><span class="half">${count(queries)} queries</span></th>`)}
        </tr>
      </thead>
      <tbody>
        ${cells.map(
          ({ model, measures }) =>
            safe`<tr>
              <th scope="row">${model.label}</th>
              ${measures.map((measure) => (measure === undefined ? safe`<td>–</td>` : safe`<td>${fixed(measure.mean, decimals)} <span class="half">± ${fixed(halfWidth(measure), decimals)}</span></td>`))}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

function legend(report: Report): Html {
  return safe`<ul class="legend" aria-label="Marks of the models">
    ${seriesOf(report).map((series) => safe`<li>${swatch(series)} ${series.label}</li>`)}
  </ul>`;
}
