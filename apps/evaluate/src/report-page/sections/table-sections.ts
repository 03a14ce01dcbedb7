import {
  caption,
  count,
  decimalsFor,
  decimalsOfSize,
  fixed,
  pValue,
  percent,
  safe,
  seconds,
  signed,
  type Html,
} from "@sequitur/workbench";
import type { ModelComparison, ModelReport, Report, Trial } from "../../report.js";
import { comparisonMark, repeats } from "../leaderboard-view.js";
import { metricParts, metricTitle, metricWords } from "../metric-words.js";

/** Metrics of the recommended lists as a whole: what a good NDCG does not tell. */
export function beyondSection(report: Report): Html | null {
  const keys = [...new Set(report.models.flatMap((model) => Object.keys(model.lists)))];
  if (keys.length === 0) return null;
  const { cutoff } = metricParts(report.mainMetric);
  const main = keys.filter((key) => [cutoff, null].includes(metricParts(key).cutoff));
  const shown = main.length > 0 ? main : keys;
  return safe`<section id="beyond">
    <h2>Beyond accuracy</h2>
    <p>
      What the lists look like as a whole. None of these has one right value; a recommender that is accurate and shows
      everybody the same items may still be a poor one.
    </p>
    ${listTable(report, shown)}
    ${
      shown.length < keys.length &&
      safe`<details>
        <summary>At every cut-off</summary>
        ${listTable(report, keys)}
      </details>`
    }
    ${report.models.filter(({ pooled }) => pooled.length > 0).map(pooledTable)}
  </section>`;
}

/** Scores as probabilities, by category. */
function pooledTable({ label, pooled }: ModelReport): Html {
  const shown = (value: number | null): string => (value === null ? "–" : fixed(value, 4));
  return safe`<details>
    <summary>Scores of ${label} by category</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Scores of ${label} by category">
      <table data-sorting>
        ${caption("All lists pooled, up to the highest cut-off.")}
        <thead>
          <tr>
            <th scope="col" class="text" data-key="text">Category</th>
            ${["Shown", "Right", "Pooled AP", "Calibration error"].map((name) => safe`<th scope="col" data-key="number">${name}</th>`)}
          </tr>
        </thead>
        <tbody data-sortable>
          ${pooled.map(
            (one) =>
              safe`<tr>
                <th scope="row" data-sort="${one.name}">${one.name}</th>
                <td data-sort="${one.shown}">${count(one.shown)}</td>
                <td data-sort="${one.right}">${count(one.right)}</td>
                <td data-sort="${one.averagePrecision ?? ""}">${shown(one.averagePrecision)}</td>
                <td data-sort="${one.calibrationError ?? ""}">${shown(one.calibrationError)}</td>
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

function listTable(report: Report, keys: readonly string[]): Html {
  const models = report.models.filter((model) => model.error === null);
  const decimals = new Map(keys.map((key) => [key, decimalsOfSize(models.map((model) => model.lists[key] ?? 0))]));
  const better = (key: string): Html | null => {
    const wanted = metricWords(key)?.better;
    if (wanted === undefined || wanted === "depends") return null;
    return safe`<br /><span class="half">${wanted} is better</span>`;
  };
  return safe`<div class="scroll" tabindex="0" role="region" aria-label="Beyond accuracy">
    <table data-sorting>
      ${caption("Lists of all test queries; mean over seeds.")}
      <thead>
        <tr>
          <th scope="col" class="text" data-key="text">Model</th>
          ${keys.map((key) => safe`<th scope="col" data-key="number">${metricTitle(key)}${better(key)}</th>`)}
        </tr>
      </thead>
      <tbody data-sortable>
        ${models.map(
          (model) =>
            safe`<tr>
              <th scope="row" data-sort="${model.label}">
                ${model.label}${model.role === "ceiling" && safe` <span class="soft">ceiling</span>`}
              </th>
              ${keys.map((key) => safe`<td data-sort="${model.lists[key] ?? ""}">${fixed(model.lists[key] ?? Number.NaN, decimals.get(key)!)}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Every paired comparison: a matrix of models and metrics for the best model and one for the baseline. */
export function comparisonSection(report: Report): Html | null {
  const kinds = (["best", "baseline"] as const).filter((kind) =>
    report.models.some((model) => model.comparisons[kind].length > 0),
  );
  if (kinds.length === 0) return null;
  return safe`<section id="comparisons">
    <h2>Paired comparisons</h2>
    <p>
      Each model minus another over the same queries: ▲ higher or ▼ lower by more than chance, ≈ the difference may be
      chance. Below each difference its interval; then p, the chance of a difference at least this large if the two were
      equally good, from random signs of the users' differences (Fisher's randomisation test) corrected for the number of comparisons (Holm), and from the Wilcoxon
      signed-rank test as it is.
    </p>
    ${kinds.map((kind) => comparisonMatrix(report, kind))}
  </section>`;
}

function comparisonMatrix(report: Report, kind: "best" | "baseline"): Html {
  const models = report.models.filter((model) => model.comparisons[kind].length > 0);
  const all = models.flatMap((model) => model.comparisons[kind]);
  const keys = [...new Set(all.map(({ metric }) => metric))].filter((key) => !repeats(report, key));
  const against = all[0]!.against;
  const decimals = new Map(
    keys.map((key) => [key, decimalsFor(all.filter(({ metric }) => metric === key).map((c) => c.difference))]),
  );
  const cell = (model: ModelReport, key: string): Html =>
    comparisonCell(
      model.comparisons[kind].find(({ metric }) => metric === key),
      decimals.get(key)!,
    );
  return safe`<details>
    <summary>Against ${against} <span class="soft">${kind === "best" ? "the best" : "the baseline"}</span></summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Comparisons with ${against}">
      <table data-sorting>
        ${caption(safe`Model minus ${against}, with the ${percent(report.protocol.confidence)} interval of the difference.`)}
        <thead>
          <tr>
            <th scope="col" class="text" data-key="text">Model</th>
            ${keys.map((key) => safe`<th scope="col" data-key="number">${metricTitle(key)}</th>`)}
          </tr>
        </thead>
        <tbody data-sortable>
          ${models.map(
            (model) =>
              safe`<tr>
                <th scope="row" data-sort="${model.label}">${model.label}</th>
                ${keys.map((key) => cell(model, key))}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

function comparisonCell(comparison: ModelComparison | undefined, decimals: number): Html {
  if (comparison === undefined) return safe`<td data-sort="">–</td>`;
  const { difference, pHolm, pWilcoxon } = comparison;
  return safe`<td data-sort="${difference.mean}">
    ${comparisonMark(comparison)} ${signed(difference.mean, decimals)}<br /><span class="half"
      >${signed(difference.low, decimals)} to ${signed(difference.high, decimals)}<br />${pValue(pHolm)}; Wilcoxon
      ${pValue(pWilcoxon)}</span
    >
  </td>`;
}

/** How each model was tuned, every trial. */
export function tuningSection(report: Report): Html | null {
  const tuned = report.models.filter((model) => model.tuning !== null);
  if (tuned.length === 0) return null;
  return safe`<section id="tuning">
    <h2>Tuning</h2>
    <p>
      Every model with something to tune got the same number of trials on the validation queries; the test queries
      played no part.
    </p>
    ${tuned.map(tuningDetails)}
  </section>`;
}

function tuningDetails(model: ModelReport): Html {
  const tuning = model.tuning!;
  const keys = [...new Set(tuning.trials.flatMap((trial) => Object.keys(trial.config)))];
  const chosen = tuning.trials[tuning.chosen];
  const value = chosen === undefined ? null : valueOf(chosen);
  return safe`<details>
    <summary>
      ${model.label}
      <span class="soft"
        >${tuning.trials.length} of ${tuning.budget} trials,
        ${seconds(tuning.seconds)}${value !== null && safe`, best validation ${metricTitle(tuning.metric)} ${fixed(value, 4)}`}</span
      >
    </summary>
    ${tuning.note !== null && safe`<p>${tuning.note}</p>`}
    ${
      tuning.trials.length > 0 &&
      safe`<div class="scroll" tabindex="0" role="region" aria-label="Trials of ${model.label}">
        <table data-sorting>
          ${caption("Trials; a value counts on the most queries (and epochs) that the trial reached.")}
          <thead>
            <tr>
              <th scope="col" data-key="number">Trial</th>
              <th scope="col" data-key="number">${metricTitle(tuning.metric)}</th>
              <th scope="col" data-key="number">Queries</th>
              <th scope="col" data-key="number">Epochs</th>
              <th scope="col" data-key="number">Time</th>
              ${keys.map((key) => safe`<th scope="col">${key}</th>`)}
              <th scope="col" class="text">Note</th>
            </tr>
          </thead>
          <tbody data-sortable>
            ${tuning.trials.map((trial, i) => trialRow(trial, keys, i === tuning.chosen))}
          </tbody>
        </table>
      </div>`
    }
  </details>`;
}

function trialRow(trial: Trial, keys: readonly string[], chosen: boolean): Html {
  const last = trial.rungs.at(-1);
  const value = valueOf(trial);
  const spent = trial.rungs.reduce((sum, rung) => sum + rung.seconds, 0);
  const note =
    trial.error ?? [chosen ? "★ chosen" : "", trial.origin === "default" ? "as given" : ""].filter(Boolean).join(", ");
  return safe`<tr${chosen && safe` class="best"`}><td data-sort="${trial.trial}">${trial.trial}</td><td data-sort="${value ?? ""}">${value === null ? "failed" : fixed(value, 4)}</td><td data-sort="${last?.queries ?? ""}">${last === undefined ? "–" : count(last.queries)}</td><td data-sort="${last?.epochs ?? ""}">${last?.epochs ?? "–"}</td><td data-sort="${spent}">${seconds(spent)}</td>${keys.map((key) => safe`<td>${configText(trial.config[key])}</td>`)}<td class="text">${note}</td></tr>
`;
}

/** Value at the last rung that the trial reached. */
function valueOf(trial: Trial): number | null {
  return trial.error === null ? (trial.rungs.at(-1)?.value ?? null) : null;
}

function configText(value: unknown): string {
  if (typeof value === "number") return String(Number(value.toPrecision(4)));
  return value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value);
}
