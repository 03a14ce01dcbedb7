import { Random } from "@sequitur/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSequitur, selectBackend, type BackendName } from "../backend/select-backend.js";
import { gradientError } from "../gradient-check.js";
import { tf } from "../tensors.js";
import { distance, OP_CASES, outcome, valuesOf } from "./op-cases.js";

describe.each(Object.entries(OP_CASES))("%s", (name, twins) => {
  afterAll(closeSequitur);
  const results: Record<string, Float32Array[]> = {};
  beforeAll(async () => {
    await selectBackend("cpu");
    results.cpu = outcome(twins, twins.composed, name);
    await selectBackend("sequitur", { threads: 1 });
    results.composed = outcome(twins, twins.composed, name);
    results.fused = outcome(twins, twins.op, name);
  });

  it("means the same composed on sequitur, composed on cpu, and fused", () => {
    expect(distance(results.composed, results.cpu)).toBeLessThan(1e-5);
    expect(distance(results.fused, results.cpu)).toBeLessThan(1e-5);
  });

  it.each<BackendName>(["sequitur", "cpu"])("has the gradient of finite differences on %s", async (backend) => {
    await selectBackend(backend);
    const variables = twins.shapes.map((shape, i) =>
      tf.tidy(() => tf.variable(tf.tensor(valuesOf(shape, `${name} ${i}`), [...shape]))),
    );
    const error = gradientError(() => twins.op(...variables), variables, new Random(name));
    tf.dispose(variables);
    expect(error).toBeLessThan(2e-3);
  });
});
