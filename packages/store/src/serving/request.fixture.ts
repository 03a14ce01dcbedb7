import { randomUUID } from "node:crypto";
import type { RequestRecord } from "./requests.js";

export const T0 = Date.UTC(2025, 5, 1);

/** A request whose slate has estimated propensities. */
export function request(
  userId: string | undefined,
  items: readonly string[],
  more: Partial<RequestRecord> = {},
): RequestRecord {
  return {
    requestId: randomUUID(),
    ...(userId !== undefined && { userId }),
    time: T0,
    kind: "slates",
    impressions: items.map((itemId, position) => ({
      itemId,
      position,
      policy: "top",
      propensityKind: "estimated" as const,
      propensity: 1 / (position + 1),
      standardError: 0.25,
      ...(position === 0 && { conditional: 0.5 }),
    })),
    ...more,
  };
}
