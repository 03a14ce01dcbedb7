import { Bar } from "../parts/parts.js";
import { count } from "../parts/numbers.js";
import type { Preview } from "./ask-state.js";

const STEPS: Readonly<Record<Preview["steps"][number]["step"], string>> = {
  catalogue: "in the catalogue",
  filter: "available and within the filters",
  unwanted: "not seen or unwanted",
  model: "known to the model",
  pool: "the policy chooses from",
  shown: "shown",
};

/** How many items are left after each step. */
export function Steps({ preview: { steps } }: { readonly preview: Preview }) {
  const most = Math.max(1, ...steps.map(({ items }) => items));
  return (
    <dl class="steps">
      {steps.map(({ step, items }) => (
        <div key={step} style={{ display: "contents" }}>
          <dt>{STEPS[step]}</dt>
          <dd>
            <Bar share={items / most} />
            <span>{count(items)}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
