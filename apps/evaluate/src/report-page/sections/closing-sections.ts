import { caption, count, safe, seconds, type Html } from "@sequitur/workbench";
import type { Report } from "../../report.js";
import { metricParts, metricWords } from "../metric-words.js";
import { statWords } from "../stat-words.js";

/** What the data are. */
export function dataSection(report: Report): Html {
  const stats = statWords(report.data.stats);
  return safe`<section id="data">
    <h2>Data</h2>
    <div class="scroll">
      <table class="pairs">
        ${caption(safe`${report.data.name}, after filters.`)}
        <tbody>
          ${stats.map(
            ([name, value]) =>
              safe`<tr>
                <th scope="row">${name}</th>
                <td class="text">${value}</td>
              </tr>`,
          )}
          <tr>
            <th scope="row">validation / test queries</th>
            <td class="text">${count(report.protocol.queries.validation)} / ${count(report.protocol.queries.test)}</td>
          </tr>
          <tr>
            <th scope="row">fingerprint</th>
            <td class="text"><code>${report.data.fingerprint}</code></td>
          </tr>
          <tr>
            <th scope="row">fingerprint of the source</th>
            <td class="text"><code>${report.data.sourceFingerprint}</code></td>
          </tr>
        </tbody>
      </table>
    </div>
  </section>`;
}

/** Configs, machine and the command that repeats the run. */
export function reproduceSection(report: Report): Html {
  const { environment } = report;
  const rows: [string, string][] = [
    ["commit", environment.commit ?? "unknown (not run from a checkout)"],
    ["Node", environment.node],
    ["machine", environment.machine],
    ["threads, models at once", `${environment.threads}, ${environment.concurrency}`],
    ["wall time", seconds(report.seconds)],
    ["started", report.startedAt],
    ["per-query values", report.queriesFile],
  ];
  return safe`<section id="reproduce">
    <h2>Repeat it</h2>
    <p>Save the experiment below as <code>experiment.json</code> (or give the <code>report.json</code> beside this page), check out the commit, and run</p>
    <pre><code>sequitur evaluate --config experiment.json --out again</code></pre>
    <p>The same data, config and seeds give the same numbers; only the timings differ.</p>
    <div class="scroll">
      <table class="pairs">
        ${caption("Where it ran.")}
        <tbody>
          ${rows.map(
            ([name, value]) =>
              safe`<tr>
                <th scope="row">${name}</th>
                <td class="long">${value}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <details open>
      <summary>experiment.json</summary>
      <pre><code>${JSON.stringify(report.config, null, 2)}</code></pre>
    </details>
    <details>
      <summary>Resolved config of every model</summary>
      ${report.models.map(
        (model) =>
          safe`<h3>${model.label}</h3>
            <pre><code>${JSON.stringify(model.config, null, 2)}</code></pre>
            ${model.runs
              .filter(({ chosen }) => Object.keys(chosen).length > 0)
              .map(
                ({ seed, chosen }) =>
                  safe`<p>Chosen by the fit of seed ${seed}: <code>${JSON.stringify(chosen)}</code></p>`,
              )}`,
      )}
    </details>
  </section>`;
}

/** The metrics of this report in plain words. */
export function glossarySection(report: Report): Html {
  const keys = report.models.flatMap((model) => [...Object.keys(model.metrics), ...Object.keys(model.lists)]);
  const known = new Map(
    [...new Set(keys.map((key) => metricParts(key).name))].flatMap((name) => {
      const words = metricWords(name);
      return words === undefined ? [] : [[words.title, words.meaning] as const];
    }),
  );
  return safe`<section id="words">
    <h2>What the words mean</h2>
    <dl class="glossary">
      <dt>Query</dt>
      <dd>One held-out question: what will this user pick next, given what is known up to then?</dd>
      <dt>@K</dt>
      <dd>Only the first K places of the ranking count.</dd>
      ${[...known].map(
        ([title, meaning]) =>
          safe`<dt>${title}</dt>
            <dd>${meaning}</dd>`,
      )}
      <dt>Interval</dt>
      <dd>
        Where the mean over all such users likely lies, judged by how much the users asked differ. Measured to hold from
        about ten users on.
      </dd>
      <dt>Masked</dt>
      <dd>
        Items that the user had before the query are taken out of the ranking. Compare numbers only with others made the
        same way.
      </dd>
    </dl>
  </section>`;
}
