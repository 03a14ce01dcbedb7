import { useState } from "preact/hooks";
import { go, hrefOf } from "../address/address.js";
import type { ModelVersion } from "../models/use-models.js";
import { Button, Choice, Field } from "../parts/parts.js";
import { isCompared, POLICIES, whoOf } from "./ask-state.js";

/** The question as a form; asking writes it into the address. */
export function AskForm({
  params,
  models,
}: {
  readonly params: URLSearchParams;
  readonly models: readonly ModelVersion[];
}) {
  const [draft, setDraft] = useState<Readonly<Record<string, string>>>({});
  const value = (name: string): string => draft[name] ?? params.get(name) ?? "";
  const set = (name: string, text: string): void => setDraft((before) => ({ ...before, [name]: text }));
  const who = draft["who"] ?? whoOf(params);
  const ask = (): void => {
    const asked = new URLSearchParams(params);
    for (const [name, text] of Object.entries(draft)) {
      if (text.trim() === "") asked.delete(name);
      else asked.set(name, text.trim());
    }
    // Another person has another history: its changes do not carry over.
    if (draft["user"] !== undefined) for (const name of ["without", "plus"]) asked.delete(name);
    setDraft({});
    go(hrefOf("ask", asked));
  };
  return (
    <form
      class="card"
      aria-label="The question"
      onSubmit={(event) => {
        event.preventDefault();
        ask();
      }}
    >
      <WhoFields value={value} set={set} who={who} />
      <SideFields
        models={models}
        value={value}
        set={set}
        suffix=""
        legend={isCompared(params) ? "As it is" : undefined}
      />
      {isCompared(params) && (
        <SideFields models={models} value={value} set={set} suffix="2" legend="The other answer" />
      )}
      <MoreFields value={value} set={set} />
      <Button kind="primary" type="submit">
        Ask
      </Button>
    </form>
  );
}

function WhoFields({ value, set, who }: Fields & { readonly who: string }) {
  return (
    <>
      <Choice
        label="Who asks"
        value={who}
        options={[
          ["user", "a known user"],
          ["session", "a session without a user"],
          ["place", "somebody at a place and time"],
        ]}
        onChange={(text) => set("who", text)}
      />
      {who !== "session" && (
        <Text label="User" name="user" value={value} set={set} hint="an id as your events name it" />
      )}
      {who === "session" && (
        <Text
          label="Items of the session"
          name="items"
          value={value}
          set={set}
          hint="item ids, oldest first, with commas"
        />
      )}
      {who === "place" && (
        <div class="row">
          <Text label="Latitude" name="lat" value={value} set={set} isNumber />
          <Text label="Longitude" name="lon" value={value} set={set} isNumber />
        </div>
      )}
    </>
  );
}

interface Fields {
  readonly value: (name: string) => string;
  readonly set: (name: string, text: string) => void;
}

function SideFields({
  models,
  value,
  set,
  suffix,
  legend,
}: Fields & {
  readonly models: readonly ModelVersion[];
  readonly suffix: "" | "2";
  readonly legend: string | undefined;
}) {
  const same = suffix === "2" ? "the same" : undefined;
  return (
    <fieldset class="stack">
      {legend !== undefined && <legend>{legend}</legend>}
      <Choice
        label="Model"
        value={value(`version${suffix}`)}
        options={[
          ["", same ?? "what serves now"],
          ...models.map(
            ({ versionId, model, version }) =>
              [String(versionId), `${model} ${version} (version ${versionId})`] as const,
          ),
        ]}
        onChange={(text) => set(`version${suffix}`, text)}
      />
      <Choice
        label="Policy"
        value={value(`policy${suffix}`)}
        options={[["", same ?? "greedy: the best items"], ...POLICIES.slice(suffix === "2" ? 0 : 1)]}
        onChange={(text) => set(`policy${suffix}`, text)}
      />
    </fieldset>
  );
}

function MoreFields({ value, set }: Fields) {
  const time = value("time");
  return (
    <details>
      <summary>More: how many, when, filters</summary>
      <div class="stack">
        <Text label="How many" name="k" value={value} set={set} isNumber hint="1 to 200; 10 when empty" />
        <Field label="When" hint="on this browser's clock; now when empty">
          {(id) => (
            <input
              id={id}
              type="datetime-local"
              value={time === "" ? "" : localTime(Number(time))}
              onChange={({ currentTarget }) =>
                set("time", currentTarget.value === "" ? "" : String(new Date(currentTarget.value).getTime()))
              }
            />
          )}
        </Field>
        <Text
          label="Only items where"
          name="where"
          value={value}
          set={set}
          hint='such as price < 10 and "cafe" in categories'
        />
        <label class="check">
          <input
            type="checkbox"
            checked={value("unseen") !== ""}
            onChange={(event) => set("unseen", event.currentTarget.checked ? "1" : "")}
          />
          leave out what was seen
        </label>
      </div>
    </details>
  );
}

function Text({
  label,
  name,
  value,
  set,
  hint,
  isNumber = false,
}: Fields & { readonly label: string; readonly name: string; readonly hint?: string; readonly isNumber?: boolean }) {
  return (
    <Field label={label} hint={hint}>
      {(id) => (
        <input
          id={id}
          inputMode={isNumber ? "decimal" : "text"}
          spellcheck={false}
          value={value(name)}
          onInput={(event) => set(name, event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** As a datetime-local field writes it. */
function localTime(ms: number): string {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
