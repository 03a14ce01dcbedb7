import type { DesignReading } from "@sequitur/metrics";
import type { z } from "@hono/zod-openapi";
import type { experimentResultsSchema } from "../schemas/experiment-schemas.js";

type DesignOut = NonNullable<z.infer<typeof experimentResultsSchema>["design"]>;

/** The reading of a design as the results route shows it. */
export function designOut(reading: DesignReading): DesignOut {
  switch (reading.kind) {
    case "sequential": {
      const { units, arms } = reading.result;
      return { kind: "sequential", units, arms: arms.map((arm) => ({ ...arm, looks: [...arm.looks] })) };
    }
    case "switchback": {
      const { result } = reading;
      if (result === null) return { kind: "switchback", pairs: 0, effect: null };
      const { pairs, randomisationPValue } = result;
      return { kind: "switchback", pairs, effect: { ...differenceOf(result), randomisationPValue } };
    }
    case "interleaving": {
      const { result } = reading;
      if (result === null) return { kind: "interleaving", preference: null };
      const { winsA: winsControl, winsB: winsNew, preference: share, ties, low, high, pValue } = result;
      return { kind: "interleaving", preference: { winsNew, winsControl, ties, share, low, high, pValue } };
    }
    case "bandit": {
      const { result, regretBound } = reading;
      const effects = result?.effects.map((effect) => ({ arm: effect.arm, ...differenceOf(effect) })) ?? [];
      return { kind: "bandit", regretBound, arms: [...(result?.arms ?? [])], effects };
    }
  }
}

function differenceOf(effect: { difference: number; low: number; high: number; pValue: number }) {
  const { difference, low, high, pValue } = effect;
  return { difference, low, high, pValue };
}
