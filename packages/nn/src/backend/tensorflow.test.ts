import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { distance, OP_CASES, outcome } from "../ops/op-cases.js";
import { selectBackend } from "./select-backend.js";

const isInstalled = await import(["@tensorflow", "tfjs-node"].join("/")).then(
  () => true,
  () => false,
);

if (!isInstalled) {
  process.stderr.write(
    "\n*** NOT TESTED: the tensorflow backend. @tensorflow/tfjs-node is not installed; its contract was skipped. ***\n\n",
  );
}

describe.skipIf(!isInstalled)("the contract of tensorflow", () => {
  afterAll(() => selectBackend("cpu"));

  describe.each(Object.entries(OP_CASES))("%s", (name, twins) => {
    let expected: Float32Array[] = [];
    beforeAll(async () => {
      await selectBackend("cpu");
      expected = outcome(twins, twins.composed, name);
      await selectBackend("tensorflow");
    });

    it("means what it means on cpu", () => {
      expect(distance(outcome(twins, twins.op, name), expected)).toBeLessThan(1e-5);
    });
  });
});
