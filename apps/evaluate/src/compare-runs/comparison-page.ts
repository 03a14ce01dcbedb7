import { caption, count, fixed, htmlPage, pageHead, safe, type Html } from "@sequitur/workbench";
import { metricTitle } from "../report-page/metric-words.js";
import type { ComparedQuestion, RunComparison } from "./compare-runs.js";
import { comparisonHeadline, gainsAndLosses } from "./comparison-text.js";

/** The comparison as one self-contained HTML page. */
export function comparisonPage(comparison: RunComparison): string {
  const { labels, metric, questions, users, paired, notes, gains, losses } = comparison;
  const title = `${labels[1]} against ${labels[0]}`;
  const head = pageHead({
    title,
    protocol: gainsAndLosses(comparison),
    headline: safe`${comparisonHeadline(comparison)}`,
    facts: [
      ["metric", metricTitle(metric)],
      ["questions", count(questions)],
      ["users", count(users)],
      ["gains, losses, same", [paired.wins, paired.losses, paired.ties].map(count).join(", ")],
    ],
    notes,
  });
  const sections = [
    questionsSection("gains", `Where ${labels[1]} gains most`, gains, comparison),
    questionsSection("losses", `Where ${labels[1]} loses most`, losses, comparison),
  ];
  return htmlPage({ title, head, sections });
}

function questionsSection(
  id: string,
  title: string,
  questions: readonly ComparedQuestion[],
  comparison: RunComparison,
): Html | null {
  if (questions.length === 0) return null;
  return safe`<section id="${id}">
    <h2>${title}</h2>
    ${questions.map((question) => questionTable(question, comparison))}
  </section>`;
}

function questionTable(
  { query, user, answers, values, lists }: ComparedQuestion,
  { labels, metric }: RunComparison,
): Html {
  const [first = [], second = []] = lists;
  const item = (id: string | undefined): Html =>
    id !== undefined && answers.includes(id) ? safe`<strong>${id}</strong>` : safe`${id ?? ""}`;
  const about = safe`Question ${query} of user ${user ?? "unknown"}; right: ${answers.join(", ")}. ${metricTitle(metric)} ${fixed(values[0], 3)} and ${fixed(values[1], 3)}.`;
  const length = Math.max(first.length, second.length);
  if (length === 0) return safe`<p>${about}</p>`;
  return safe`<div class="scroll" tabindex="0" role="region" aria-label="Question ${query}">
    <table>
      ${caption(about)}
      <thead>
        <tr>
          <th scope="col">Place</th>
          ${labels.map((label) => safe`<th scope="col" class="text">${label}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${Array.from(
          { length },
          (_, place) =>
            safe`<tr>
              <th scope="row">${place + 1}</th>
              <td class="text">${item(first[place])}</td>
              <td class="text">${item(second[place])}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
