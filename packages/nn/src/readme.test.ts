import * as core from "@sequitur/core";
import { readFile } from "node:fs/promises";
import { afterAll, describe, expect, it } from "vitest";
import * as nn from "./index.js";

const AsyncFunction = (async () => undefined).constructor as new (
  ...args: string[]
) => (modules: Record<string, unknown>) => Promise<unknown>;

/** The first code block of the README, as a function of the modules that it imports, returning the named variables. */
async function example(...results: string[]): Promise<Record<string, unknown>> {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const code = /```js\n([\s\S]*?)```/
    .exec(readme)![1]
    .replace(/^import \* as (\w+) from (".*");$/gm, "const $1 = modules[$2];")
    .replace(/^import (\{.*\}) from (".*");$/gm, "const $1 = modules[$2];");
  const run = new AsyncFunction("modules", `${code}\nreturn { ${results.join(", ")} };`);
  return (await run({ "@sequitur/core": core, "@sequitur/nn": nn })) as Record<string, unknown>;
}

describe("the example of the README", () => {
  afterAll(nn.closeSequitur);

  it("runs as it stands and recommends what people do", { timeout: 60_000 }, async () => {
    const { recommendations, trained } = await example("recommendations", "trained");
    expect(recommendations).toEqual([20, 24]);
    // The entropy of a 70 : 30 choice is 0.611; the first place of a walk tells nothing of it.
    expect((trained as nn.Trained).loss).toBeLessThan(0.8);
  });
});
