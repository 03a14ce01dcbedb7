import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { evaluateTiny, modelOf, planted, reportFolder } from "./evaluate.fixture.js";
import { readKeptModel } from "./kept-models.js";

test("kept models are those that were measured, with their value on validation; without the field there are none", async () => {
  const out = await reportFolder();
  const report = await evaluateTiny(planted(["follower", "noise"], { keepModels: true, seed: [3, 4] }), { out });
  expect((await readdir(join(out, "models"))).sort()).toEqual(["follower.safetensors", "noise.safetensors"]);
  const artifact = await readKeptModel(out, "follower");
  expect(artifact.model).toBe("follower");
  expect(artifact.config).toEqual(modelOf(report, "follower").config);
  const [first, second] = modelOf(report, "follower").runs;
  expect(first!.validation).toBeGreaterThan(modelOf(report, "noise").runs[0]!.validation!);
  expect(second!.validation).toBeNull();

  const plain = await reportFolder();
  const without = await evaluateTiny(planted(["follower"]), { out: plain });
  expect(modelOf(without, "follower").runs[0]!.validation).toBeNull();
  expect(await readdir(plain)).not.toContain("models");
  await expect(readFile(join(plain, "models", "follower.safetensors"))).rejects.toThrow(/ENOENT/);
});
