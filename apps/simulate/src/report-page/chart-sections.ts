import { pValue, safe, swatch, type Html } from "@sequitur/workbench";
import { levelText } from "../level-text.js";
import type { ArmReport, Report } from "../report.js";
import { curveChart, pathChart, propensityChart, segmentChart, seriesOf, versusChart } from "./charts.js";
import { logTable, readingTable } from "./table-sections.js";

/** Everything that is drawn. */
export function chartSections(report: Report): (Html | null)[] {
  if (seriesOf(report).length === 0) return [];
  return [
    differenceSection(report),
    curveSection(report),
    testSection(report),
    segmentSection(report),
    logSection(report),
  ];
}

function differenceSection(report: Report): Html | null {
  const charts = [
    ["Clicks", versusChart(report, "clicks in a world", ({ versusControl }) => versusControl?.clicks)],
    ["Diversity", versusChart(report, "diversity", ({ versusControl }) => versusControl?.diversity)],
    ["New items", versusChart(report, "share of new items", ({ versusControl }) => versusControl?.freshShare)],
  ] as const;
  if (charts.every(([, chart]) => chart === null)) return null;
  return safe`<section id="differences">
    <h2>How sure are the differences?</h2>
    <p>A dot is the mean difference to ${report.control} over worlds, its line the ${levelText(report.config)} interval.</p>
    <div class="charts">${charts.map(([title, chart]) => chart !== null && figure(title, chart))}</div>
  </section>`;
}

function curveSection(report: Report): Html {
  return safe`<section id="days">
    <h2>Day by day</h2>
    <p>Lines are means over worlds, bands their ${levelText(report.config)} intervals. An arm that learns gains on the others as days go by.</p>
    ${legend(report)}
    <div class="charts">
      ${figure(
        "Clicks per slate, mean of a week",
        curveChart(report, "clicks per slate", ({ clickRate }) => clickRate),
      )}
      ${
        report.config.regret &&
        figure(
          "Cumulative regret",
          curveChart(report, "expected clicks lost", ({ regret }) => regret),
        )
      }
    </div>
  </section>`;
}

function testSection(report: Report): Html | null {
  const arms = report.arms.filter(({ reading }) => (reading?.path.length ?? 0) > 0);
  if (report.arms.every(({ reading }) => reading === null)) return null;
  return safe`<section id="test">
    <h2>What an A/B test would have said</h2>
    <p>
      Here each user belongs to one arm, as in a real test, and only their slates there count. The band is the
      always-valid ${levelText(report.config)} interval, corrected for the number of arms: one may look every day and stop as soon as it excludes 0
      (dashed line). An arm that learns has learnt from all users, in a real test it would from its own alone.
    </p>
    ${ratioText(report)}
    ${readingTable(report)}
    <div class="charts">${arms.map((arm) => figure(`${arm.label} − ${report.control}`, pathChart(report, arm)))}</div>
  </section>`;
}

function ratioText({ sampleRatio, power, config }: Report): Html {
  const ratio =
    sampleRatio !== null &&
    safe`<p>
      ${sampleRatio.mismatch ? safe`<strong>Sample ratio mismatch</strong>` : "The arms got users as designed"}
      (${sampleRatio.counts.map(({ arm, users }) => `${arm} ${users}`).join(", ")}; ${pValue(sampleRatio.pValue)}).
    </p>`;
  const found =
    power !== null &&
    safe`<p>
      With ${power.usersPerArm} users an arm, one look at the end finds a difference of
      ${(100 * power.detectable).toFixed(1)}% of control's rate with probability 0.8 (alpha ${config.alpha}); for ${(100 * power.effect).toFixed(1)}% it takes
      ${power.needed} users an arm.
    </p>`;
  return safe`${ratio}${found}`;
}

function segmentSection(report: Report): Html | null {
  const arms = report.arms.filter(({ reading }) => (reading?.segments.length ?? 0) > 0);
  if (arms.length === 0) return null;
  return safe`<section id="segments">
    <h2>For whom?</h2>
    <p>
      Effects in groups of users of the A/B test with their ${levelText(report.config)} intervals. That one interval excludes 0 and another does not is no sign that they
      differ: the p-value beside each arm is.
    </p>
    <div class="charts">${arms.map((arm) => figure(segmentTitle(arm), segmentChart(report, arm)))}</div>
  </section>`;
}

function segmentTitle({ label, reading }: ArmReport): string {
  const p = reading?.heterogeneityPValue;
  return p === null || p === undefined ? label : `${label}: differs by segment, ${pValue(p)}`;
}

function logSection(report: Report): Html | null {
  const arms = report.arms.filter(({ log }) => log !== null);
  if (arms.length === 0) return null;
  return safe`<section id="log">
    <h2>What the logs are good for</h2>
    <p>
      Positions are logged with their propensities; those of Thompson arms are estimated for one batch in
      ${report.config.propensityEvery}. A log whose items were often unlikely can tell what other policies
      would have earned; one whose items were certain cannot.
    </p>
    ${logTable(report)}
    <div class="charts">${arms.map((arm) => figure(arm.label, propensityChart(report, arm)))}</div>
  </section>`;
}

function figure(title: string, chart: Html): Html {
  return safe`<figure>
    <figcaption>${title}</figcaption>
    ${chart}
  </figure> `;
}

function legend(report: Report): Html {
  return safe`<ul class="legend" aria-label="Marks of the arms">
    ${seriesOf(report).map((series) => safe`<li>${swatch(series)} ${series.label}</li>`)}
  </ul>`;
}
