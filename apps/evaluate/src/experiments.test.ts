import { baselineNames } from "@sequitur/builtin";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseExperiment } from "./experiment.js";
import { missingBaselines } from "./missing-baselines.fixture.js";

const FOLDER = fileURLToPath(new URL("../experiments/", import.meta.url));
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));

function committed(file: string) {
  return parseExperiment(JSON.parse(readFileSync(`${FOLDER}${file}`, "utf8")), file);
}

describe("committed experiments", () => {
  it.each(FILES)("%s shows every simple baseline of its family, or says why not", async (file) => {
    expect(await missingBaselines(committed(file))).toEqual([]);
  });

  it.each(FILES)("%s omits only baselines, and none that takes part", (file) => {
    const { omitted, models } = committed(file);
    for (const name of Object.keys(omitted)) {
      expect([...baselineNames, "content-knn"]).toContain(name);
      expect(models.map((model) => model.name)).not.toContain(name);
    }
  });
});

describe("missingBaselines", () => {
  const missing = (value: object) => missingBaselines(parseExperiment(value, "x.json"));

  it.each(baselineNames)("names %s when it alone is left out", async (name) => {
    const models = ["bpr", ...baselineNames.filter((other) => other !== name)];
    expect(await missing({ models })).toEqual([name]);
    expect(await missing({ models, omitted: { [name]: "it takes too long" } })).toEqual([]);
  });

  it("wants the baseline of texts beside a model that reads them", async () => {
    expect(await missing({ models: ["lite-llm4rec", ...baselineNames] })).toEqual(["content-knn"]);
    expect(await missing({ models: ["sasrec", ...baselineNames] })).toEqual([]);
  });

  it("counts a baseline under another label", async () => {
    const [first, ...others] = baselineNames;
    expect(await missing({ models: [{ name: first, label: "mine" }, ...others] })).toEqual([]);
  });
});
