import { caption, count, fixed, percent, pValue, safe, signed, type Html } from "@sequitur/workbench";
import { levelText } from "../level-text.js";
import type { ArmMeasures, ArmReport, Report, WorldMean } from "../report.js";

interface Column {
  readonly title: string;
  readonly key: keyof ArmMeasures;
  readonly decimals: number;
}

const COLUMNS: readonly Column[] = [
  { title: "Clicks per slate", key: "clicksPerSlate", decimals: 4 },
  { title: "Clicks", key: "clicks", decimals: 0 },
  { title: "Satisfied per slate", key: "satisfiedPerSlate", decimals: 4 },
  { title: "Regret", key: "regret", decimals: 0 },
  { title: "Diversity", key: "diversity", decimals: 3 },
  { title: "Coverage", key: "coverage", decimals: 3 },
  { title: "New items", key: "freshShare", decimals: 3 },
];

/** The results: absolute, and against control. */
export function tableSections(report: Report): (Html | null)[] {
  return [resultsSection(report), versusSection(report)];
}

function resultsSection(report: Report): Html {
  return safe`<section id="results">
    <h2>Results</h2>
    <p>Means over worlds of everything after the warm-up, with half the ${levelText(report.config)} t interval; every arm served the same users.</p>
    ${measureTable(report, "Measures of each arm", ({ measures }) => measures, fixed, true)}
  </section>`;
}

function versusSection(report: Report): Html | null {
  if (report.arms.every(({ versusControl }) => versusControl === null)) return null;
  return safe`<section id="versus">
    <h2>Against ${report.control}</h2>
    <p>
      Differences world by world: arm and control had the same users, visits and random draws, so what is left is the
      arm's doing. An interval that holds 0 shows no difference.
    </p>
    ${measureTable(report, `Differences to ${report.control}`, ({ versusControl }) => versusControl, signed, false)}
  </section>`;
}

function measureTable(
  report: Report,
  title: string,
  of: (arm: ArmReport) => ArmMeasures | null,
  show: (value: number, decimals: number) => string,
  withVerdict: boolean,
): Html {
  const columns = COLUMNS.filter(({ key }) => key !== "regret" || report.config.regret);
  const rows = report.arms.filter((arm) => of(arm) !== null);
  const failed = withVerdict ? report.arms.filter(({ error }) => error !== null) : [];
  return safe`<div class="scroll" tabindex="0" role="region" aria-label="${title}">
    <table data-sorting>
      ${caption(title)}
      <thead>
        <tr>
          <th scope="col" class="text" data-key="text">Arm</th>
          ${columns.map(({ title: name }) => safe`<th scope="col" data-key="number">${name}</th>`)}
          ${withVerdict && safe`<th scope="col" class="text">Verdict on clicks</th>`}
        </tr>
      </thead>
      <tbody data-sortable>
        ${rows.map(
          (arm) =>
            safe`<tr${arm.verdict === "more clicks" && safe` class="best"`}>
              <th scope="row">${arm.label}</th>
              ${columns.map(({ key, decimals }) => valueCell(of(arm)![key], decimals, show))}
              ${withVerdict && safe`<td class="verdict">${arm.verdict}</td>`}
            </tr> `,
        )}
      </tbody>
      ${
        failed.length > 0 &&
        safe`<tbody class="failed">
          ${failed.map(
            ({ label, error }) =>
              safe`<tr>
                <th scope="row">${label}</th>
                <td colspan="${columns.length + 1}" class="verdict">failed: ${error}</td>
              </tr> `,
          )}
        </tbody>`
      }
    </table>
  </div>`;
}

function valueCell(value: WorldMean | null, decimals: number, show: (value: number, decimals: number) => string): Html {
  if (value === null) return safe`<td>–</td>`;
  const half = value.high === null ? null : fixed(value.high - value.mean, decimals);
  return safe`<td data-sort="${value.mean}">${show(value.mean, decimals)}${half !== null && safe` <span class="half">± ${half}</span>`}</td>`;
}

/** The A/B test's own table. */
export function readingTable(report: Report): Html {
  const rows = report.arms.filter(({ reading }) => reading !== null);
  return safe`<div class="scroll" tabindex="0" role="region" aria-label="The A/B test">
    <table>
      ${caption(`What the A/B test says at its end, differences with their ${levelText(report.config)} intervals`)}
      <thead>
        <tr>
          <th scope="col" class="text">Arm</th>
          <th scope="col">Users</th>
          <th scope="col">Slates</th>
          <th scope="col">Clicks per slate</th>
          <th scope="col">Difference</th>
          <th scope="col">p, one look at the end</th>
          <th scope="col">p, always valid</th>
          <th scope="col" class="text">May stop</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(({ label, reading }) => {
          const { effect, path, stoppedOn } = reading!;
          const last = path.at(-1);
          return safe`<tr>
            <th scope="row">${label}</th>
            <td>${count(reading!.users)}</td>
            <td>${count(reading!.slates)}</td>
            <td>${fixed(reading!.clicksPerSlate, 4)}</td>
            <td>${effect === null ? "–" : safe`${signed(effect.difference, 4)} <span class="half">(${signed(effect.low, 4)} to ${signed(effect.high, 4)})</span>`}</td>
            <td>${effect === null ? "–" : pValue(effect.adjustedPValue)}</td>
            <td>${last === undefined ? "–" : pValue(last.pValue)}</td>
            <td class="verdict">${last === undefined ? "–" : stoppedOn === null ? "no decision" : `on day ${stoppedOn}`}</td>
          </tr> `;
        })}
      </tbody>
    </table>
  </div>`;
}

/** What the logs are worth. */
export function logTable(report: Report): Html {
  const rows = report.arms.filter(({ log }) => log !== null);
  return safe`<div class="scroll" tabindex="0" role="region" aria-label="Weights">
    <table>
      ${caption("Weights of a policy that shows everything alike, on the log of each arm")}
      <thead>
        <tr>
          <th scope="col" class="text">Arm</th>
          <th scope="col">Positions</th>
          <th scope="col">Mean weight</th>
          <th scope="col">Largest weight</th>
          <th scope="col">Effective share</th>
          <th scope="col">Certain</th>
          <th scope="col">Least propensity</th>
          <th scope="col" class="text">Warnings</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ label, log }) =>
            safe`<tr>
              <th scope="row">${label}</th>
              <td>${count(log!.positions)}</td>
              <td>${fixed(log!.meanWeight, 3)}</td>
              <td>${fixed(log!.largestWeight, 1)}</td>
              <td>${percent(log!.effectiveShare)}</td>
              <td>${percent(log!.certainShare)}</td>
              <td>${log!.leastPropensity.toPrecision(2)}</td>
              <td class="verdict">${log!.warnings.join(" ") || "none"}</td>
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

const WORDS: readonly (readonly [term: string, meaning: string])[] = [
  ["Clicks per slate", "All clicks over all slates. Clicks is their number in a world, over all its users and days."],
  ["Satisfied", "Slates that the person left satisfied, by the chance that belongs to the item clicked."],
  [
    "Regret",
    "Expected clicks that the best possible slates would have brought more, given what each person wanted at that moment. Only a simulation can know it.",
  ],
  ["Diversity", "1 minus the share of pairs of items of a slate that belong to the same group."],
  ["Coverage", "Share of the items that could be shown that were shown at least once."],
  ["New items", "Share of positions given to items that opened after the first day."],
  ["Verdict", "Whether the interval of the difference in clicks to control, over worlds, excludes 0."],
  [
    "Always valid",
    "A p-value and an interval that hold however often one looks. The one-look p-value holds only if nobody looked before, or decided by what they saw.",
  ],
  [
    "Sample ratio",
    "Whether the arms got as many users as designed. If not, something is broken, and no difference can be trusted.",
  ],
  [
    "Propensity",
    "How likely an item was at its position when it was shown. Where an arm leaves nothing to chance its log cannot tell what other policies would have earned.",
  ],
];

/** How to read it, and how to get it again. */
export function closingSections(report: Report): (Html | null)[] {
  return [
    safe`<section id="words">
      <h2>Words</h2>
      <dl class="glossary">
        ${WORDS.map(
          ([term, meaning]) =>
            safe`<dt>${term}</dt>
              <dd>${meaning}</dd>`,
        )}
      </dl>
    </section>`,
    safe`<section id="again">
      <h2>The same again</h2>
      <p>
        <code>sequitur simulate --config report.json --out again</code> gives the same numbers. Code
        ${report.environment.commit ?? "of unknown commit"}, Node ${report.environment.node}, ${report.environment.machine}.
      </p>
      <details>
        <summary>Every setting</summary>
        <pre>${JSON.stringify(report.config, null, 2)}</pre>
      </details>
    </section>`,
  ];
}
