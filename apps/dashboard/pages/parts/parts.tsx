import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import type { ApiProblem } from "../client/client.js";
import type { Asked } from "../client/use-answer.js";
import { ago, moment } from "./numbers.js";

interface Children {
  readonly children?: ComponentChildren;
}

/** The head of a page and what is on it. */
export function Page({
  title,
  intro,
  actions,
  children,
}: Children & { readonly title: string; readonly intro?: ComponentChildren; readonly actions?: ComponentChildren }) {
  return (
    <>
      <header class="page-head">
        <div>
          <h1>{title}</h1>
          {intro !== undefined && <p class="intro">{intro}</p>}
        </div>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

export function Card({
  title,
  note,
  actions,
  children,
  wide = false,
}: Children & {
  readonly title?: ComponentChildren;
  readonly note?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly wide?: boolean;
}) {
  const id = useId();
  return (
    <section class={wide ? "card wide" : "card"} {...(title !== undefined && { "aria-labelledby": id })}>
      {title !== undefined && (
        <div class="card-head">
          <h2 id={id}>{title}</h2>
          {actions}
        </div>
      )}
      {note !== undefined && <p class="note">{note}</p>}
      {children}
    </section>
  );
}

/** One number, what it is, and how sure it is. */
export function Stat({
  label,
  value,
  note,
  mood = "",
}: {
  readonly label: string;
  readonly value: ComponentChildren;
  readonly note?: ComponentChildren;
  readonly mood?: "" | "good" | "bad" | "warn";
}) {
  return (
    <div class={`stat ${mood}`}>
      <dt>{label}</dt>
      <dd>
        <span class="value">{value}</span>
        {note !== undefined && <span class="note">{note}</span>}
      </dd>
    </div>
  );
}

export function Badge({ children, mood = "" }: Children & { readonly mood?: "" | "good" | "bad" | "warn" | "info" }) {
  return <span class={`badge ${mood}`}>{children}</span>;
}

/** A message that stands out. */
export function Notice({
  children,
  mood = "info",
  title,
  action,
}: Children & {
  readonly mood?: "info" | "good" | "warn" | "bad";
  readonly title?: string;
  readonly action?: ComponentChildren;
}) {
  return (
    <div class={`notice ${mood}`} role={mood === "bad" ? "alert" : "status"}>
      <div>
        {title !== undefined && <strong>{title} </strong>}
        {children}
      </div>
      {action}
    </div>
  );
}

/** What a page shows where there is nothing yet, and how to get something. */
export function Empty({ title, children }: Children & { readonly title: string }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      <div>{children}</div>
    </div>
  );
}

export function Failure({ problem, retry }: { readonly problem: ApiProblem; readonly retry?: () => void }) {
  const title = problem.status === 403 ? "Your key may not see this." : "That did not work.";
  return (
    <Notice
      mood="bad"
      title={title}
      action={
        retry !== undefined && (
          <button type="button" onClick={retry}>
            Try again
          </button>
        )
      }
    >
      {problem.message}
    </Notice>
  );
}

/** An answer once it is there; before that a quiet sign, and the reason where it failed. */
export function Answer<T>({
  of: { value, problem, reload },
  children,
}: {
  readonly of: Asked<T>;
  readonly children: (value: T) => ComponentChildren;
}) {
  return (
    <>
      {problem !== undefined && <Failure problem={problem} retry={reload} />}
      {value !== undefined ? children(value) : problem === undefined && <Loading />}
    </>
  );
}

export function Loading() {
  return (
    <p class="loading" role="status">
      Loading…
    </p>
  );
}

/** A label with its control; `children` gets the id to give the control. */
export function Field({
  label,
  hint,
  children,
}: {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly children: (id: string) => ComponentChildren;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id)}
      {hint !== undefined && <p class="hint">{hint}</p>}
    </div>
  );
}

/** A choice of one among a few. */
export function Choice({
  label,
  value,
  options,
  onChange,
  hint,
}: {
  readonly label: string;
  readonly value: string;
  /** Value and what is shown. */
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly onChange: (value: string) => void;
  readonly hint?: ComponentChildren;
}) {
  return (
    <Field label={label} hint={hint}>
      {(id) => (
        <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          {options.map(([option, text]) => (
            <option key={option} value={option}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A table that scrolls by itself where the screen is too narrow. */
export function Table({
  head,
  children,
  label,
}: Children & { readonly head: readonly string[]; readonly label: string }) {
  return (
    // Keyboards can only scroll what can be focused.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {head.map((text) => (
              <th key={text} scope="col">
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** A part of a whole, from 0 to 1, as a bar. */
export function Bar({ share, text }: { readonly share: number; readonly text?: string }) {
  const width = `${Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0)) * 100}%`;
  return (
    <span class="bar" {...(text !== undefined && { title: text })}>
      <span style={{ width }} />
    </span>
  );
}

/** An instant as people say it, with the exact one behind it. */
export function When({ at }: { readonly at: string | number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={moment(at)}>
      {ago(at)}
    </time>
  );
}

export function Button({
  children,
  kind = "",
  ...rest
}: Omit<JSX.IntrinsicElements["button"], "kind"> & { readonly kind?: "" | "primary" | "danger" | "quiet" }) {
  return (
    <button type="button" class={kind} {...rest}>
      {children}
    </button>
  );
}
