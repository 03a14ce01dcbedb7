import type { InferResponseType } from "hono/client";
import { api, bodyOf } from "../client/client.js";
import { useAnswer, type Asked } from "../client/use-answer.js";

export type ModelVersion = InferResponseType<typeof api.v1.models.$get, 200>["models"][number];

/** Every model version, newest first. */
export function useModels(): Asked<readonly ModelVersion[]> {
  return useAnswer("models", async () => (await bodyOf(api.v1.models.$get())).models);
}
