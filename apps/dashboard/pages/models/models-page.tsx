import { useState } from "preact/hooks";
import { go, hrefOf, hrefWith, useAddress } from "../address/address.js";
import { api, bodyOf } from "../client/client.js";
import { useMay } from "../client/session-context.js";
import { useAction } from "../client/use-answer.js";
import { Confirm } from "../parts/confirm.js";
import { bytes, decimal, seconds } from "../parts/numbers.js";
import { Answer, Badge, Button, Card, Choice, Empty, Failure, Page, Stat, Table, When } from "../parts/parts.js";
import { useModels, type ModelVersion } from "./use-models.js";
import { ValidationTable } from "./validation-table.js";

/** Every version, what it is worth, and which one answers. */
export function ModelsPage() {
  const models = useModels();
  const { params } = useAddress();
  return (
    <Page title="Models" intro="Every trained version: how it did on held-out questions, and which one answers now.">
      <Answer of={models}>
        {(versions) => {
          const chosen =
            versions.find(({ versionId }) => String(versionId) === params.get("version")) ??
            versions.find(({ activeIn }) => activeIn.includes("default")) ??
            versions[0];
          return chosen === undefined ? (
            <Empty title="No model was trained yet">
              <pre>sequitur train --from-store --model ease</pre>
            </Empty>
          ) : (
            <>
              <Versions versions={versions} chosen={chosen.versionId} />
              <Details key={chosen.versionId} version={chosen} changed={models.reload} />
            </>
          );
        }}
      </Answer>
    </Page>
  );
}

function Versions({ versions, chosen }: { readonly versions: readonly ModelVersion[]; readonly chosen: number }) {
  const metrics = [...new Set(versions.flatMap(({ metrics }) => Object.keys(metrics)))].slice(0, 3);
  return (
    <Card>
      <Table label="Versions" head={["Version", "Serves", ...metrics, "Fit took", "Made"]}>
        {versions.map((version) => (
          <tr key={version.versionId} class={version.versionId === chosen ? "chosen" : ""}>
            <td>
              <a href={hrefWith({ version: String(version.versionId) })}>
                {version.model} {version.version}
              </a>{" "}
              <span class="soft">version {version.versionId}</span>
            </td>
            <td>
              <Serves version={version} />
            </td>
            {metrics.map((metric) => (
              <td key={metric}>{version.metrics[metric] === undefined ? "–" : decimal(version.metrics[metric])}</td>
            ))}
            <td>{fitSeconds(version)}</td>
            <td>
              <When at={version.createdAt} />
            </td>
          </tr>
        ))}
      </Table>
    </Card>
  );
}

const SLOT_BADGES = { default: "answers", session: "for sessions", popular: "for strangers" } as const;

function Serves({ version: { activeIn, shadowIn } }: { readonly version: ModelVersion }) {
  return (
    <span class="row">
      {activeIn.map((slot) => (
        <Badge key={slot} mood={slot === "default" ? "good" : "info"}>
          {SLOT_BADGES[slot]}
        </Badge>
      ))}
      {shadowIn.length > 0 && <Badge mood="warn">shadow</Badge>}
    </span>
  );
}

function fitSeconds({ fit }: ModelVersion): string {
  const value = fit["seconds"] ?? fit["fitSeconds"];
  return typeof value === "number" ? seconds(value) : "–";
}

function Details({ version, changed }: { readonly version: ModelVersion; readonly changed: () => void }) {
  const { versionId, model, fit, config, metrics, validation, dataFingerprint, loaded } = version;
  const memory = fit["peakMemoryBytes"] ?? fit["peakBytes"];
  return (
    <Card
      title={`${model} ${version.version}, version ${versionId}`}
      actions={<Actions version={version} changed={changed} />}
    >
      <dl class="stats">
        {Object.entries(metrics).map(([name, value]) => (
          <Stat key={name} label={name} value={decimal(value)} />
        ))}
        <Stat label="Fit took" value={fitSeconds(version)} />
        {typeof memory === "number" && <Stat label="Peak memory" value={bytes(memory)} />}
        <Stat label="In this server's memory" value={loaded ? "yes" : "no"} />
      </dl>
      {validation === null ? (
        <p class="soft">Nothing was held out to measure this version on.</p>
      ) : (
        <ValidationTable validation={validation} />
      )}
      <p>
        <a href={hrefOf("ask", { version: String(versionId) })}>Ask this version</a>
      </p>
      <details>
        <summary>Config, fit and data</summary>
        <pre>{JSON.stringify({ config, fit, dataFingerprint }, undefined, 2)}</pre>
      </details>
    </Card>
  );
}

function Actions({ version, changed }: { readonly version: ModelVersion; readonly changed: () => void }) {
  const { versionId, activeIn, shadowIn } = version;
  const [asked, setAsked] = useState<"activate" | "roll-back" | undefined>();
  const param = { versionId };
  const shadow = useAction(async () => {
    const json = { slot: "default" as const };
    await bodyOf(
      shadowIn.length > 0
        ? api.v1.models[":versionId"].shadow.$delete({ param })
        : api.v1.models[":versionId"].shadow.$post({ param, json }),
    );
    changed();
  });
  if (!useMay("admin")) return null;
  return (
    <span class="row">
      {shadow.problem !== undefined && <Failure problem={shadow.problem} />}
      {activeIn.includes("default") ? (
        <Button kind="danger" onClick={() => setAsked("roll-back")}>
          Roll back
        </Button>
      ) : (
        <>
          <Button disabled={shadow.isRunning} onClick={() => shadow.run()}>
            {shadowIn.length > 0 ? "End the shadow" : "Rank along as a shadow"}
          </Button>
          <Button kind="primary" onClick={() => setAsked("activate")}>
            Activate
          </Button>
        </>
      )}
      {asked === "activate" && <Activate version={version} close={() => setAsked(undefined)} changed={changed} />}
      {asked === "roll-back" && (
        <Confirm
          title={`Roll back from ${version.model} ${version.version}?`}
          action="Roll back"
          act={() => bodyOf(api.v1.models[":versionId"]["roll-back"].$post({ param, json: { slot: "default" } }))}
          done={changed}
          close={() => setAsked(undefined)}
        >
          What was active before answers again, in every server, within a moment.
        </Confirm>
      )}
    </span>
  );
}

function Activate({
  version: { versionId, model, version, validation },
  close,
  changed,
}: {
  readonly version: ModelVersion;
  readonly close: () => void;
  readonly changed: () => void;
}) {
  const [slot, setSlot] = useState<"default" | "session" | "popular">("default");
  const [reason, setReason] = useState("");
  const param = { versionId };
  const worse = (validation as { worseThan?: readonly string[] } | null)?.worseThan ?? [];
  return (
    <Confirm
      title={`Let ${model} ${version} answer?`}
      action="Activate"
      act={() => bodyOf(api.v1.models[":versionId"].activate.$post({ param, json: { slot, reason } }))}
      done={() => {
        changed();
        go(hrefWith({ version: String(versionId) }), { replace: true });
      }}
      close={close}
    >
      {worse.length > 0 && (
        <p>
          <Badge mood="bad">careful</Badge> It was worse than {worse.join(" and ")} on held-out questions.
        </p>
      )}
      <Choice
        label="For whom"
        value={slot}
        options={[
          ["default", "everybody it knows"],
          ["session", "sessions that the model does not know"],
          ["popular", "strangers"],
        ]}
        onChange={(value) => setSlot(value as typeof slot)}
      />
      <label class="field">
        Why
        <input value={reason} maxLength={500} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
    </Confirm>
  );
}
