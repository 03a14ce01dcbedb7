import type { ModelComparison, ModelReport, Report, Trial } from "../../report.js";
import { html, type Html } from "../html.js";
import { metricTitle, metricWords } from "../metric-words.js";
import { brief, count, decimalsFor, fixed, percent, pValue, seconds, signed } from "../number-text.js";

/** Metrics of the recommended lists as a whole: what a good NDCG does not tell. */
export function beyondSection(report: Report): Html | null {
  const models = report.models.filter((model) => model.error === null);
  const keys = [...new Set(models.flatMap((model) => Object.keys(model.lists)))];
  if (keys.length === 0) return null;
  const better = (key: string): string => {
    const wanted = metricWords(key)?.better;
    return wanted === undefined || wanted === "depends" ? "" : `${wanted} is better`;
  };
  return html`<section id="beyond"><h2>Beyond accuracy</h2>
<p>What the lists look like as a whole. None of these has one right value; a recommender that is accurate and shows everybody the same items may still be a poor one.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Beyond accuracy"><table data-sorting><caption>Lists of all test queries; mean over seeds.</caption>
<thead><tr><th scope="col" class="text" data-key="text">Model</th>${keys.map((key) => html`<th scope="col" data-key="number">${metricTitle(key)}${better(key) !== "" && html`<br><span class="half">${better(key)}</span>`}</th>`)}</tr></thead>
<tbody data-sortable>${models.map((model) => html`<tr><th scope="row" data-sort="${model.label}">${model.label}${model.role === "ceiling" && html` <span class="soft">ceiling</span>`}</th>${keys.map((key) => html`<td data-sort="${model.lists[key] ?? ""}">${brief(model.lists[key] ?? Number.NaN)}</td>`)}</tr>
`)}</tbody></table></div></section>`;
}

/** Every paired comparison with its interval and p-values. */
export function comparisonSection(report: Report): Html | null {
  const entries = (["best", "baseline"] as const).flatMap((kind) =>
    report.models.flatMap((model) => model.comparisons[kind].map((comparison) => ({ model, comparison }))),
  );
  if (entries.length === 0) return null;
  const others = [...new Set(entries.map(({ comparison }) => comparison.against))];
  return html`<section id="comparisons"><h2>Paired comparisons</h2>
<p>Each model minus another over the same queries. p is the chance of a difference at least this large if the two were equally good; the last column corrects it for the number of comparisons (Holm).</p>
${others.map((against) =>
    comparisonTable(
      report,
      against,
      entries.filter(({ comparison }) => comparison.against === against),
    ),
  )}</section>`;
}

function comparisonTable(
  report: Report,
  against: string,
  entries: readonly { readonly model: ModelReport; readonly comparison: ModelComparison }[],
): Html {
  const decimals = decimalsFor(entries.map(({ comparison }) => comparison.difference));
  return html`<details><summary>Against ${against}</summary><div class="scroll" tabindex="0" role="region" aria-label="Comparisons with ${against}"><table data-sorting>
<caption>Model minus ${against}, with the ${percent(report.protocol.confidence)} interval of the difference.</caption>
<thead><tr><th scope="col" class="text" data-key="text">Model</th><th scope="col" class="text">Metric</th><th scope="col" data-key="number">Difference</th><th scope="col">Interval</th><th scope="col" data-key="number">Bootstrap</th><th scope="col" data-key="number">Wilcoxon</th><th scope="col" data-key="number">Corrected</th><th scope="col" class="text">More than chance?</th></tr></thead>
<tbody data-sortable>${entries.map(
    ({ model, comparison }) => html`<tr><th scope="row" data-sort="${model.label}">${model.label}</th><td class="text">${metricTitle(comparison.metric)}</td>
<td data-sort="${comparison.difference.mean}">${signed(comparison.difference.mean, decimals)}</td><td>${signed(comparison.difference.low, decimals)} to ${signed(comparison.difference.high, decimals)}</td>
<td data-sort="${comparison.pBootstrap}">${pValue(comparison.pBootstrap)}</td><td data-sort="${comparison.pWilcoxon}">${pValue(comparison.pWilcoxon)}</td><td data-sort="${comparison.pHolm}">${pValue(comparison.pHolm)}</td><td class="text">${comparison.significant ? "yes" : "no"}</td></tr>
`,
  )}</tbody></table></div></details>`;
}

/** How each model was tuned, every trial. */
export function tuningSection(report: Report): Html | null {
  const tuned = report.models.filter((model) => model.tuning !== null);
  if (tuned.length === 0) return null;
  return html`<section id="tuning"><h2>Tuning</h2>
<p>Every model with something to tune got the same number of trials on the validation queries; the test queries played no part.</p>${tuned.map(tuningDetails)}</section>`;
}

function tuningDetails(model: ModelReport): Html {
  const tuning = model.tuning!;
  const keys = [...new Set(tuning.trials.flatMap((trial) => Object.keys(trial.config)))];
  const chosen = tuning.trials[tuning.chosen];
  const value = chosen === undefined ? null : valueOf(chosen);
  return html`<details><summary>${model.label} <span class="soft">${tuning.trials.length} of ${tuning.budget} trials, ${seconds(tuning.seconds)}${value !== null && html`, best validation ${metricTitle(tuning.metric)} ${brief(value)}`}</span></summary>
${tuning.note !== null && html`<p>${tuning.note}</p>`}
${tuning.trials.length > 0 && html`<div class="scroll" tabindex="0" role="region" aria-label="Trials of ${model.label}"><table data-sorting><caption>Trials; a value counts on the most queries (and epochs) that the trial reached.</caption>
<thead><tr><th scope="col" data-key="number">Trial</th><th scope="col" data-key="number">${metricTitle(tuning.metric)}</th><th scope="col" data-key="number">Queries</th><th scope="col" data-key="number">Epochs</th><th scope="col" data-key="number">Time</th>${keys.map((key) => html`<th scope="col">${key}</th>`)}<th scope="col" class="text">Note</th></tr></thead>
<tbody data-sortable>${tuning.trials.map((trial, i) => trialRow(trial, keys, i === tuning.chosen))}</tbody></table></div>`}</details>`;
}

function trialRow(trial: Trial, keys: readonly string[], chosen: boolean): Html {
  const last = trial.rungs.at(-1);
  const value = valueOf(trial);
  const spent = trial.rungs.reduce((sum, rung) => sum + rung.seconds, 0);
  const note = trial.error ?? [chosen ? "★ chosen" : "", trial.origin === "default" ? "as given" : ""].filter(Boolean).join(", ");
  return html`<tr${chosen && html` class="best"`}><td data-sort="${trial.trial}">${trial.trial}</td><td data-sort="${value ?? ""}">${value === null ? "failed" : brief(value)}</td><td data-sort="${last?.queries ?? ""}">${last === undefined ? "–" : count(last.queries)}</td><td data-sort="${last?.epochs ?? ""}">${last?.epochs ?? "–"}</td><td data-sort="${spent}">${seconds(spent)}</td>${keys.map((key) => html`<td>${configText(trial.config[key])}</td>`)}<td class="text">${note}</td></tr>
`;
}

/** Value at the last rung that the trial reached. */
function valueOf(trial: Trial): number | null {
  return trial.error === null ? (trial.rungs.at(-1)?.value ?? null) : null;
}

function configText(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : fixed(value, 6).replace(/\.?0+$/, "");
  return value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value);
}
