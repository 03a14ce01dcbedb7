import type { InferResponseType } from "hono/client";
import { hrefOf } from "../address/address.js";
import { api, bodyOf } from "../client/client.js";
import { useAnswer } from "../client/use-answer.js";
import { useModels, type ModelVersion } from "../models/use-models.js";
import { ValidationTable } from "../models/validation-table.js";
import { Chart, CHART } from "../parts/chart.js";
import { count, counted, decimal, percent, seconds } from "../parts/numbers.js";
import { Answer, Badge, Card, Empty, Notice, Page, Stat, When } from "../parts/parts.js";

type Overview = InferResponseType<typeof api.v1.overview.$get, 200>;
const EVERY_MS = 10_000;

/** From the offline table to the reward, for what serves now, and the one thing to do next. */
export function HomePage() {
  const overview = useAnswer("overview", () => bodyOf(api.v1.overview.$get()), EVERY_MS);
  const models = useModels();
  return (
    <Page title="Home" intro="What serves now, how it does, and the one thing to do next.">
      <Answer of={overview}>
        {(found) => (
          <>
            <Advice overview={found} />
            <Responses overview={found} />
            <div class="cards">
              <Serving overview={found} models={models.value ?? []} />
              <Answering overview={found} />
              <Shown overview={found} />
            </div>
            <Offline overview={found} models={models.value ?? []} />
          </>
        )}
      </Answer>
    </Page>
  );
}

function Advice({ overview: { advice } }: { readonly overview: Overview }) {
  const [first, ...others] = advice;
  if (first === undefined) return null;
  const { mood, title, text, page, command } = first;
  return (
    <Notice
      mood={mood}
      title={title}
      action={
        page !== undefined && (
          <a class="button" href={hrefOf(page)}>
            Go there
          </a>
        )
      }
    >
      {text} {command !== undefined && <code>{command}</code>}
      {others.length > 0 && (
        <details>
          <summary>And {counted(others.length, "more thing")}</summary>
          <ul>
            {others.map((one) => (
              <li key={one.title}>
                <strong>{one.title}</strong> {one.text}
              </li>
            ))}
          </ul>
        </details>
      )}
    </Notice>
  );
}

function Responses({ overview: { day, dayBefore, hours } }: { readonly overview: Overview }) {
  const { responded } = day;
  return (
    <Card
      title="The last 24 hours"
      note="A response is a click, visit or purchase of something that the answer showed."
    >
      <dl class="stats">
        <Stat label="Requests" value={count(day.requests)} note={changeOf(day.requests, dayBefore.requests)} />
        <Stat label="Askers" value={count(day.askers)} note={changeOf(day.askers, dayBefore.askers)} />
        <Stat
          label="Requests with a response"
          value={responded === null ? "–" : percent(responded.share)}
          note={rateNote(day)}
        />
        <Stat
          label="The day before"
          value={dayBefore.responded === null ? "–" : percent(dayBefore.responded.share)}
          note={rateNote(dayBefore)}
        />
      </dl>
      {hours.length > 1 && <HoursChart hours={hours} />}
    </Card>
  );
}

function rateNote({ responded, requests }: Overview["day"]): string {
  if (responded === null) return "no requests";
  if (responded.low === null || responded.high === null)
    return `of ${counted(requests, "request")}; too few for an interval`;
  return `95 %: ${percent(responded.low).replace(" %", "")} to ${percent(responded.high)}`;
}

function changeOf(now: number, before: number): string {
  return before === 0
    ? "none the day before"
    : `${now >= before ? "+" : "−"}${percent(Math.abs(now - before) / before)} on the day before`;
}

function HoursChart({ hours }: { readonly hours: Overview["hours"] }) {
  const points = hours.map(({ at, requests, responded }) => ({
    at: new Date(at),
    requests,
    share: responded / requests,
  }));
  return (
    <Chart
      label={`Share of requests with a response, half hour by half hour; the newest is ${percent(points.at(-1)!.share)}.`}
      height={180}
      drawnFrom={[JSON.stringify(hours)]}
      draw={(plot, size) =>
        plot.plot({
          ...CHART,
          ...size,
          y: { label: "responses, %", percent: true, zero: true, grid: true, nice: true },
          x: { type: "time", label: null },
          marks: [
            plot.ruleY([0]),
            plot.lineY(points, { x: "at", y: "share", stroke: "var(--c0)", strokeWidth: 2 }),
            plot.dot(points, { x: "at", y: "share", r: 3, fill: "var(--c0)" }),
          ],
        })
      }
    />
  );
}

const SLOT_NAMES = { default: "Model", session: "For sessions", popular: "For strangers" } as const;

function Serving({
  overview: { slots },
  models,
}: {
  readonly overview: Overview;
  readonly models: readonly ModelVersion[];
}) {
  const nameOf = (versionId: number): string => {
    const found = models.find((one) => one.versionId === versionId);
    return found === undefined ? `version ${versionId}` : `${found.model} · version ${versionId}`;
  };
  return (
    <Card
      title="What serves"
      actions={<a href="/models">Models</a>}
      note="Asked in this order; the newest items come last."
    >
      <dl class="stack">
        {slots.map(({ slot, active, serving }) => (
          <div key={slot} class="row">
            <dt class="soft">{SLOT_NAMES[slot]}</dt>
            <dd>
              {serving === null ? <Badge>none</Badge> : nameOf(serving)}{" "}
              {active !== null && active !== serving && <Badge mood="bad">in place of version {active}</Badge>}
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

function Answering({ overview: { process, startedAt } }: { readonly overview: Overview }) {
  const { answers, fallbackShare, p50Seconds, p99Seconds, errorShare } = process;
  return (
    <Card
      title="How it answers"
      note={
        <>
          Since this server started, <When at={startedAt} />.
        </>
      }
    >
      <dl class="stats">
        <Stat label="Answers" value={count(answers)} />
        <Stat
          label="From a fallback"
          value={fallbackShare === null ? "–" : percent(fallbackShare)}
          mood={fallbackShare !== null && fallbackShare >= 0.2 ? "warn" : ""}
        />
        <Stat label="Time, median" value={p50Seconds === null ? "–" : seconds(p50Seconds)} />
        <Stat label="Time, slowest 1 %" value={p99Seconds === null ? "–" : seconds(p99Seconds)} />
        <Stat
          label="Errors"
          value={errorShare === null ? "–" : percent(errorShare)}
          mood={errorShare !== null && errorShare >= 0.01 ? "bad" : ""}
        />
      </dl>
    </Card>
  );
}

function Shown({ overview: { catalogue, newestEvent, someUsers } }: { readonly overview: Overview }) {
  const { items, shown, newShare } = catalogue;
  return (
    <Card title="What is shown">
      <dl class="stats">
        <Stat label="Items" value={count(items)} />
        <Stat label="Shown in a day" value={items === 0 ? "–" : percent(shown / items)} note={counted(shown, "item")} />
        <Stat label="New to the model" value={newShare === null ? "–" : percent(newShare)} note="of what was shown" />
        <Stat label="Newest event" value={newestEvent === null ? "none" : <When at={newestEvent} />} />
      </dl>
      {someUsers.length > 0 && (
        <p>
          Ask for{" "}
          {someUsers.map((user, at) => (
            <span key={user}>
              {at > 0 && ", "}
              <a href={hrefOf("ask", { user })}>{user}</a>
            </span>
          ))}
        </p>
      )}
    </Card>
  );
}

function Offline({
  overview: { slots },
  models,
}: {
  readonly overview: Overview;
  readonly models: readonly ModelVersion[];
}) {
  const active = slots.find(({ slot }) => slot === "default")?.serving;
  const version = models.find(({ versionId }) => versionId === active);
  if (version === undefined) return null;
  const figures = Object.entries(version.metrics);
  return (
    <Card title={`Before it served: ${version.model} on held-out questions`}>
      {version.validation !== null ? (
        <ValidationTable validation={version.validation} />
      ) : figures.length > 0 ? (
        <dl class="stats">
          {figures.map(([name, value]) => (
            <Stat key={name} label={name} value={decimal(value)} />
          ))}
        </dl>
      ) : (
        <Empty title="Nothing was held out">
          <code>sequitur train</code> measures a version on the newest tenth of the log before it serves.
        </Empty>
      )}
    </Card>
  );
}
