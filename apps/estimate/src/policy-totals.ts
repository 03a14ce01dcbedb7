import { EstimateTotals, ipsParts, judgeLog, QualityTotals, slateIpsParts } from "@sequitur/metrics";
import type { EstimateRun } from "./estimate-policy.js";
import type { Estimator, EstimatorName } from "./estimators.js";
import type { RewardModelKind, RewardModels } from "./fit-rewards.js";
import { choicesOf, knownSlates, placesOf, slatesOf } from "./known-slates.js";
import type { SlateChunk } from "./log/slate-chunk.js";
import type { EvaluatedPolicy, Evaluation } from "./policies/evaluated-policy.js";
import { Predictor } from "./predictions.js";
import { estimateReport, type PolicyReport } from "./report.js";

interface TotalsParts {
  readonly policy: EvaluatedPolicy;
  readonly run: EstimateRun;
  readonly estimators: readonly Estimator[];
  readonly models: RewardModels;
}

/** Everything that is added up over a log for one policy. */
export class PolicyTotals {
  private readonly parts: TotalsParts;
  private readonly totals: ReadonlyMap<Estimator, EstimateTotals>;
  /** The weights that the verdict on the log is about, by single places or, without propensities, by whole slates. */
  private readonly byPlace = new EstimateTotals("ips");
  private readonly bySlate = new EstimateTotals("slate-ips");
  private readonly predictors: ReadonlyMap<RewardModelKind, Predictor>;
  private readonly quality = new QualityTotals();
  private readonly counts = { slates: 0, places: 0, known: 0, rewarded: 0, rewardedInSupport: 0 };

  constructor(parts: TotalsParts) {
    this.parts = parts;
    this.totals = new Map(parts.estimators.map((estimator) => [estimator, new EstimateTotals(estimator.name)]));
    const items = parts.run.survey.items.size;
    this.predictors = new Map([...parts.models].map(([kind, model]) => [kind, new Predictor(model, items)]));
  }

  add(chunk: SlateChunk): void {
    const { run, policy } = this.parts;
    const first = Math.max(0, run.from - chunk.start);
    if (first >= chunk.size) return;
    const evaluation = policy.evaluate(chunk);
    this.counts.slates += chunk.size - first;
    this.counts.places += chunk.items.length - chunk.offsets[first]!;
    const marginal = knownSlates(chunk, chunk.propensities, run.from);
    const conditional = knownSlates(chunk, chunk.conditionals, run.from);
    this.addNaive(chunk, first);
    this.addPlaces(chunk, marginal, evaluation);
    this.addSlates(chunk, marginal, evaluation);
    this.addPrefixes(chunk, conditional, evaluation);
    const judged = run.survey.knownPropensities > 0 ? marginal : conditional;
    this.addSupport(chunk, judged, evaluation);
  }

  report(refused: ReadonlyMap<EstimatorName, string>): PolicyReport {
    const { policy, run } = this.parts;
    const { survey, settings } = run;
    const judged = survey.knownPropensities > 0 ? this.byPlace : this.bySlate;
    const { slates, known, rewarded, rewardedInSupport, places } = this.counts;
    const scale = slates > 0 ? places / slates : 1;
    const { level } = settings;
    const { propensities, estimated } = survey;
    const estimate = judged.estimate({ level });
    const verdict = judgeLog({ slates, known, rewarded, rewardedInSupport, propensities, estimated, estimate });
    const rows = [...this.totals].map(([{ name, note, input }, totals]) =>
      estimateReport(name, note, totals.estimate({ level, scale: input.of === "places" ? scale : 1 })),
    );
    const skipped = [...refused].map(([estimator, reason]) => ({ estimator, reason }));
    return {
      policy: policy.name,
      basis: policy.basis,
      verdict,
      slates,
      known,
      rewarded,
      rewardedInSupport,
      propensities,
      estimates: rows,
      skipped,
      model: this.parts.models.has("plain") ? this.quality.quality() : null,
    };
  }

  /** The logging policy's own value, of all slates, also those whose propensities are unknown. */
  private addNaive(chunk: SlateChunk, first: number): void {
    const slates = Int32Array.from({ length: chunk.size - first }, (_, at) => first + at);
    const { places, buckets } = placesOf(chunk, slates);
    const contributions = Float64Array.from(places, (place) => chunk.rewards[place]!);
    for (const [{ name }, totals] of this.totals) {
      if (name === "naive") totals.add({ estimator: name, contributions }, buckets);
    }
  }

  private addPlaces(chunk: SlateChunk, slates: Int32Array, evaluation: Evaluation): void {
    if (slates.length === 0) return;
    const { places, buckets } = placesOf(chunk, slates);
    const log = choicesOf(chunk, places, evaluation);
    this.byPlace.add(ipsParts(log), buckets);
    const predictions = new Map(
      [...this.predictors].map(([kind, predictor]) => [kind, predictor.ofPlaces(chunk, places, buckets, evaluation)]),
    );
    for (const [row, prediction] of predictions.get("plain")?.logged.entries() ?? []) {
      this.quality.add(prediction, log.rewards[row]!);
    }
    for (const [{ name, input, model }, totals] of this.totals) {
      if (input.of !== "places" || name === "naive") continue;
      const predicted = model && { predictions: predictions.get(model)! };
      totals.add(input.make({ ...log, ...predicted }, this.parts.run.settings), buckets);
    }
  }

  private addSlates(chunk: SlateChunk, slates: Int32Array, evaluation: Evaluation): void {
    if (slates.length === 0) return;
    const columns = { logging: chunk.propensities, evaluation: evaluation.marginals };
    const { log, pair, buckets } = slatesOf(chunk, slates, columns, this.parts.run.survey.positions);
    for (const [{ input }, totals] of this.totals)
      if (input.of === "slates") totals.add(input.make(log, pair), buckets);
  }

  private addPrefixes(chunk: SlateChunk, slates: Int32Array, evaluation: Evaluation): void {
    if (slates.length === 0 || evaluation.conditionals === undefined) return;
    const { positions } = this.parts.run.survey;
    const columns = { logging: chunk.conditionals, evaluation: evaluation.conditionals };
    const { log, pair, buckets } = slatesOf(chunk, slates, columns, positions);
    this.bySlate.add(slateIpsParts(log, pair), buckets);
    for (const [{ input, model }, totals] of this.totals) {
      if (input.of !== "prefixes") continue;
      const predictions = model && this.predictors.get(model)!.ofSlates(chunk, slates, positions, evaluation);
      totals.add(input.make(log, pair, predictions), buckets);
    }
  }

  /** Slates whose weights are known, and whether what was rewarded can be shown by the policy. */
  private addSupport(chunk: SlateChunk, slates: Int32Array, evaluation: Evaluation): void {
    this.counts.known += slates.length;
    for (const place of placesOf(chunk, slates).places) {
      if (chunk.rewards[place] === 0) continue;
      this.counts.rewarded++;
      if (evaluation.marginals[place]! > 0) this.counts.rewardedInSupport++;
    }
  }
}
