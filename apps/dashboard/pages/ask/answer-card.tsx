import { Badge, Bar, Card, Empty } from "../parts/parts.js";
import { counted, decimal, percent, seconds } from "../parts/numbers.js";
import type { Preview, ShownItem } from "./ask-state.js";

/** What the stages of the chain are called to people. */
const STAGES: Readonly<Record<string, string>> = {
  model: "model",
  session: "session fallback",
  popular: "most popular",
  newest: "newest",
  pinned: "pinned by a rule",
};

/** An answer as a person would see it, with its numbers; beside another one, with what moved. */
export function AnswerCard({
  title,
  preview: { slate, tookMs },
  before,
}: {
  readonly title: string;
  readonly preview: Preview;
  /** The answer that this one is compared with. */
  readonly before?: readonly ShownItem[];
}) {
  const { items, model, servedBy, policy } = slate;
  const scores = items.map(({ score }) => score ?? Number.NaN).filter(Number.isFinite);
  const range = { low: Math.min(...scores), high: Math.max(...scores) };
  return (
    <Card
      title={title}
      actions={
        <span class="row">
          <Badge mood={servedBy === "model" ? "info" : "warn"}>
            {model === undefined ? (STAGES[servedBy] ?? servedBy) : `${model.name} · version ${model.versionId}`}
          </Badge>
          <Badge>{policy}</Badge>
          <span class="soft">{seconds(tookMs / 1000)}</span>
        </span>
      }
    >
      {isCertain(slate) && items.length > 0 && (
        <p class="soft">Nothing is left to chance: whoever asks the same is shown the same.</p>
      )}
      {before !== undefined && <Overlap items={items} before={before} />}
      {items.length === 0 && (
        <Empty title="Nothing may be shown">
          The filters, the rules or the history leave no item. The steps say where they went.
        </Empty>
      )}
      <ol class="answer">
        {items.map((item) => (
          <Item
            key={item.itemId}
            item={item}
            share={item.score === null ? Number.NaN : shareOf(item.score, range)}
            kind={isCertain(slate) ? "certain" : slate.propensityKind}
            {...(before !== undefined && { before: before.findIndex(({ itemId }) => itemId === item.itemId) })}
          />
        ))}
      </ol>
    </Card>
  );
}

/** Whether the policy could show nothing else. */
function isCertain({ items, propensityKind }: Preview["slate"]): boolean {
  return propensityKind === "exact" && items.every(({ propensity }) => propensity === 1);
}

function shareOf(score: number, { low, high }: { readonly low: number; readonly high: number }): number {
  return high === low ? 1 : 0.08 + (0.92 * (score - low)) / (high - low);
}

function Overlap({ items, before }: { readonly items: readonly ShownItem[]; readonly before: readonly ShownItem[] }) {
  const known = new Set(before.map(({ itemId }) => itemId));
  const same = items.filter(({ itemId }) => known.has(itemId)).length;
  const isEqual = same === items.length && items.every(({ itemId }, at) => before[at]?.itemId === itemId);
  return (
    <p class="soft">
      {isEqual ? "Both answers are the same." : `${same} of ${counted(items.length, "item")} in both answers.`}
    </p>
  );
}

function Item({
  item,
  share,
  kind,
  before,
}: {
  readonly item: ShownItem;
  readonly share: number;
  readonly kind: string;
  /** Its place in the other answer, -1 where it is not in it. */
  readonly before?: number;
}) {
  const { itemId, title, score, servedBy, reason, position, distanceKm } = item;
  return (
    <li>
      <span class="rank">{position + 1}</span>
      <div>
        <span class="title">{title ?? itemId}</span> {title !== undefined && <span class="soft">{itemId}</span>}{" "}
        {before !== undefined && <Move from={before} to={position} />}
      </div>
      <div class="numbers">
        {score === null ? (
          <span class="soft">no score</span>
        ) : (
          <>
            <span title="the model's own score">{decimal(score)}</span>
            <Bar share={share} text="score, from the lowest to the highest of this answer" />
          </>
        )}
      </div>
      <div class="more">
        <p>{reason.text}</p>
        <p class="row soft">
          {servedBy !== "model" && <Badge mood="warn">{STAGES[servedBy] ?? servedBy}</Badge>}
          {distanceKm !== undefined && <span>{decimal(distanceKm)} km away</span>}
          <Propensity item={item} kind={kind} />
        </p>
        <Facts facts={reason.facts} />
      </div>
    </li>
  );
}

function Move({ from, to }: { readonly from: number; readonly to: number }) {
  if (from < 0) return <Badge mood="good">new</Badge>;
  if (from === to) return <Badge>same place</Badge>;
  return from > to ? <Badge mood="good">up {from - to}</Badge> : <Badge mood="bad">down {to - from}</Badge>;
}

function Propensity({
  item: { propensity, conditional, standardError },
  kind,
}: {
  readonly item: ShownItem;
  readonly kind: string;
}) {
  if (kind === "certain") return null;
  if (propensity === null) return <span>probability unknown</span>;
  const error = standardError === null ? "" : ` ± ${percent(1.96 * standardError)}`;
  return (
    <span title={`P(this item at this place), ${kind}; the second number is given the items above it`}>
      here with {percent(propensity)}
      {error}
      {conditional !== null && ` (${percent(conditional)} given those above)`}
    </span>
  );
}

function Facts({ facts }: { readonly facts: Readonly<Record<string, unknown>> | undefined }) {
  if (facts === undefined) return null;
  return (
    <details>
      <summary class="soft">The numbers behind it</summary>
      <dl class="steps">
        {Object.entries(facts).map(([name, value]) => (
          <div key={name} style={{ display: "contents" }}>
            <dt>{name}</dt>
            <dd>
              <span>{typeof value === "number" ? decimal(value) : JSON.stringify(value)}</span>
              <span />
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
