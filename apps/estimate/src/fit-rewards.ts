import type { EstimateRun } from "./estimate-policy.js";
import type { EvaluatedPolicy } from "./policies/evaluated-policy.js";
import { RewardModel } from "./reward-model.js";

/** "plain": all rows alike; "mrdr": weighted so that the doubly robust variance is small. */
export type RewardModelKind = "plain" | "mrdr";
export type RewardModels = ReadonlyMap<RewardModelKind, RewardModel>;

/** Fits the reward models that are needed, in one pass over the evaluated slates; none, no pass. */
export async function fitRewards(
  policy: EvaluatedPolicy,
  { source, survey, settings, from }: EstimateRun,
  kinds: ReadonlySet<RewardModelKind>,
): Promise<RewardModels> {
  const models = new Map([...kinds].map((kind) => [kind, new RewardModel(survey)] as const));
  if (models.size === 0) return models;
  await source.read((chunk) => {
    const marginals = models.has("mrdr") ? policy.evaluate(chunk).marginals : undefined;
    for (let slate = Math.max(0, from - chunk.start); slate < chunk.size; slate++) {
      for (let place = chunk.offsets[slate]!; place < chunk.offsets[slate + 1]!; place++) {
        const [item, position, reward] = [chunk.items[place]!, chunk.positions[place]!, chunk.rewards[place]!];
        models.get("plain")?.add(chunk.buckets[slate]!, item, position, reward, 1);
        const p = chunk.propensities[place]!;
        if (marginals === undefined || Number.isNaN(p)) continue;
        models.get("mrdr")!.add(chunk.buckets[slate]!, item, position, reward, (marginals[place]! / p) ** 2 * (1 - p));
      }
    }
  });
  for (const model of models.values()) model.solve(settings.ridge);
  return models;
}
