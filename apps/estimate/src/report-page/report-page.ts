import {
  brief,
  caption,
  count,
  fixed,
  htmlPage,
  pageHead,
  percent,
  safe,
  seconds,
  type Html,
} from "@sequitur/workbench";
import type { EstimateReport, PolicyReport, Report } from "../report.js";

const ANSWERS = { yes: "yes", "with care": "with care", no: "no" } as const;

/** The report as one self-contained HTML page; the same report gives the same page. All its texts are untrusted. */
export function reportPage(report: Report): string {
  const { title, policies, log } = report;
  const head = pageHead({
    title,
    protocol: `Off-policy estimates of the reward a ${log.unit}, from ${count(log.slates)} logged ${log.unit}s of ${log.name}.`,
    headline: safe`${policies.map(headline)}`,
    facts: facts(report),
    notes: [],
  });
  return htmlPage({
    title,
    head,
    sections: [...policies.map((policy) => policySection(report, policy)), closing(report)],
  });
}

function headline({ policy, verdict, estimates }: PolicyReport): Html {
  const best =
    estimates.find(({ estimator }) => estimator === "dr") ?? estimates.find(({ estimator }) => estimator === "ips");
  const value = best === undefined || verdict.answer === "no" ? "" : ` ${best.estimator}: ${interval(best)}.`;
  return safe`Can this log say what <strong>${policy}</strong> would have earned? <strong>${ANSWERS[verdict.answer]}</strong>.${value} `;
}

function facts({ log, seconds: took, startedAt, config }: Report): [string, string][] {
  return [
    [`${log.unit}s`, count(log.slates)],
    ["shown items", count(log.places)],
    ["distinct items", count(log.items)],
    ["reward", count(log.rewards)],
    ["propensities known", percent(log.knownPropensities / log.slates)],
    ["conditionals known", percent(log.knownConditionals / log.slates)],
    ["fitted on", log.fitSlates === 0 ? "no model" : `the first ${count(log.fitSlates)}`],
    ["intervals", percent(config.level)],
    ["this run", seconds(took)],
    ["date", startedAt.slice(0, 10)],
  ];
}

function policySection({ config, log }: Report, policy: PolicyReport): Html {
  const { verdict, basis, model, skipped, slates, known, rewarded, rewardedInSupport, propensities } = policy;
  return safe`<section>
    <h2>${policy.policy}</h2>
    <p><strong>Can this log answer the question? ${ANSWERS[verdict.answer]}.</strong></p>
    ${verdict.reasons.length > 0 && safe`<ul>${verdict.reasons.map((reason) => safe`<li>${reason}</li>`)}</ul>`}
    <p>
      Probabilities of the policy: ${basis}. ${count(known)} of ${count(slates)} evaluated ${log.unit}s have known
      probabilities; ${count(rewarded)} of their items were rewarded, ${count(rewardedInSupport)} of them could be shown by the policy.
      ${propensities.cells > 0 && safe`Logged propensities: at ${count(propensities.cells)} places checked, items were shown ${brief(propensities.medianRatio)} times as often as they say (median; ${count(propensities.tooLarge + propensities.tooSmall)} places are clearly off).`}
      ${model !== null && safe`Reward model on rows that it did not see: ${fixed(100 * model.skill, 2)}% of the variance explained, bias ${brief(model.bias)} a shown item.`}
    </p>
    <div class="scroll" tabindex="0" role="region" aria-label="Estimates">
      <table>
        ${caption(`Reward a ${log.unit}, with ${percent(config.level)} intervals over units`)}
        <thead>
          <tr>
            <th scope="col" class="text">Estimator</th>
            <th scope="col">Reward</th>
            <th scope="col">Interval</th>
            <th scope="col">Rows</th>
            <th scope="col">Effective rows</th>
            <th scope="col">Mean weight</th>
            <th scope="col">Largest</th>
            <th scope="col" class="text">To know</th>
          </tr>
        </thead>
        <tbody>
          ${policy.estimates.map(estimateRow)}
        </tbody>
        ${
          skipped.length > 0 &&
          safe`<tbody class="failed">
            ${skipped.map(({ estimator, reason }) => safe`<tr><th scope="row">${estimator}</th><td colspan="7" class="verdict">${reason}</td></tr> `)}
          </tbody>`
        }
      </table>
    </div>
  </section>`;
}

function estimateRow(row: EstimateReport): Html {
  const number = (value: number | null): string => (value === null ? "–" : brief(value));
  return safe`<tr>
    <th scope="row">${row.estimator}</th>
    <td>${number(row.value)}</td>
    <td>${row.low === null ? "none" : `${number(row.low)} to ${number(row.high)}`}</td>
    <td>${count(row.rows)}</td>
    <td>${number(row.effectiveRows)}</td>
    <td>${number(row.meanWeight)}</td>
    <td>${number(row.largestWeight)}</td>
    <td class="verdict">${[row.note, ...row.warnings].join("; ")}</td>
  </tr> `;
}

function interval({ value, low, high }: EstimateReport): string {
  if (value === null) return "no estimate";
  return low === null || high === null ? brief(value) : `${brief(value)} (${brief(low)} to ${brief(high)})`;
}

function closing({ environment, config }: Report): Html {
  return safe`<section>
    <h2>The same again</h2>
    <p>
      <code>sequitur estimate --config report.json --out again</code> gives the same numbers. Code
      ${environment.commit ?? "of unknown commit"}, Node ${environment.node}, ${environment.machine}.
    </p>
    <details>
      <summary>Every setting</summary>
      <pre>${JSON.stringify(config, null, 2)}</pre>
    </details>
  </section>`;
}
