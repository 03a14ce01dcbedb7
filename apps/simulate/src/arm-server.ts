import { loadSlatePolicy, parseSlatePolicy } from "@sequitur/builtin";
import { DAY_MS, PlatformError, type Random, type Report } from "@sequitur/core";
import type { Model, SlatePolicy } from "@sequitur/recommender";
import { policyServer, type Outcomes, type SlateServer, type World } from "@sequitur/simulator";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { fitModel } from "./fit-model.js";
import type { KnownLog } from "./known-log.js";
import { labelOf, type ArmChoice, type Settings } from "./settings.js";

export interface ArmRun {
  readonly world: World;
  readonly known: KnownLog;
  readonly settings: Settings;
  readonly random: Random;
  /** Fitted already; absent: fitted now on what is known. */
  readonly model?: Model | undefined;
  readonly report?: Report;
}

/** What a module of one's own exports as `slatePolicy`. */
export type SlatePolicyMaker = (parts: { readonly world: World; readonly settings: object }) => SlatePolicy;

/**
 * The server of an arm. It adds every outcome to what is known; a policy that learns is told of it, and one that does not
 * is made anew with a model fitted on all that is known, every `refitDays`.
 */
export async function armServer(arm: ArmChoice, run: ArmRun): Promise<SlateServer> {
  const name = labelOf(arm);
  if (arm.module !== undefined) return learning(name, await ownPolicy(arm.module, arm, run.world), run);
  const { model: modelName } = await parseSlatePolicy(arm.name);
  const policyOf = (model?: Model): Promise<SlatePolicy> =>
    loadSlatePolicy({ name: arm.name, catalog: run.world.catalog, model, config: arm.policy });
  if (modelName === undefined) return learning(name, await policyOf(), run);
  const fit = (fits: number): Promise<Model> =>
    fitModel(run.known, {
      name: modelName,
      config: arm.model,
      threads: run.settings.threads,
      random: run.random.fork(`fit ${fits}`),
      ...(run.report && { report: run.report }),
    });
  const first = await policyOf(run.model ?? (await fit(0)));
  const { refitDays } = run.settings;
  if (first.observe !== undefined || refitDays === null) return learning(name, first, run);
  return refitted(name, first, async (fits) => policyOf(await fit(fits)), { ...run, refitDays });
}

function learning(name: string, policy: SlatePolicy, { known, settings }: ArmRun): SlateServer {
  const server = policyServer(policy, settings);
  return {
    name,
    ask: (request) => server.ask(request),
    async learn(outcomes) {
      known.add(outcomes);
      await server.learn?.(outcomes);
    },
  };
}

/** Days are those of the questions: the first one of a day that is due waits for the new fit. */
function refitted(
  name: string,
  first: SlatePolicy,
  next: (fits: number) => Promise<SlatePolicy>,
  { known, world, refitDays }: ArmRun & { readonly refitDays: number },
): SlateServer {
  let server = policyServer(first);
  let fittedOn = Number.NaN;
  let fits = 0;
  let news = false;
  return {
    name,
    async ask(request) {
      const day = Math.floor((request.batch.now[0]! - world.start) / DAY_MS);
      if (Number.isNaN(fittedOn)) fittedOn = day;
      if (news && day >= fittedOn + refitDays) {
        server = policyServer(await next(++fits));
        fittedOn = day;
        news = false;
      }
      return server.ask(request);
    },
    learn(outcomes: Outcomes) {
      known.add(outcomes);
      news = true;
    },
  };
}

async function ownPolicy(module: string, arm: ArmChoice, world: World): Promise<SlatePolicy> {
  const path = resolve(module);
  let exported: Record<string, unknown>;
  try {
    exported = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new PlatformError("not-found", `module ${path} cannot be loaded: ${reason}`, { cause });
  }
  const maker = exported["slatePolicy"];
  if (typeof maker !== "function") {
    throw new PlatformError("not-found", `module ${path} must export a function slatePolicy, got ${typeof maker}.`);
  }
  return (maker as SlatePolicyMaker)({ world, settings: arm.policy });
}
