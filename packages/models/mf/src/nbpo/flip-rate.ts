import { PlatformError } from "@sequitur/core";
import type { FactorModel } from "../serving/factor-model.js";
import { innerProduct, rowOf } from "../serving/factor-tables.js";

/** Learned P(observed 0 | true 1) of (user, item), in (0, 1); `bad-config` for a model without a flip model. */
export function flipRate(model: FactorModel, user: number, item: number): number {
  const { flips } = model.tables;
  if (flips === undefined) throw new PlatformError("bad-config", `${model.name} has no flip model; use nbpo.`);
  const { factors, users, items, bias } = flips;
  return 1 / (1 + Math.exp(-bias - innerProduct(rowOf(users, factors, user), rowOf(items, factors, item))));
}
