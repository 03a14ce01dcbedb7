import { afterEach, describe, expect, it } from "vitest";
import { tf } from "../tensors.js";
import { closeSequitur, engineMemory, selectBackend } from "./select-backend.js";

const hasTensorflow = await import(["@tensorflow", "tfjs-node"].join("/")).then(
  () => true,
  () => false,
);

describe("selectBackend", () => {
  afterEach(closeSequitur);

  it("makes a backend the active one", async () => {
    await selectBackend("sequitur", { threads: 1 });
    expect(tf.getBackend()).toBe("sequitur");
    expect(engineMemory()).toBeDefined();
    await selectBackend("cpu");
    expect(tf.getBackend()).toBe("cpu");
    expect(engineMemory()).toBeUndefined();
    expect([...tf.add([1, 2], [3, 4]).dataSync()]).toEqual([4, 6]);
    await selectBackend("sequitur");
    expect(tf.getBackend()).toBe("sequitur");
  });

  it("changes the threads only while nothing is held", async () => {
    await selectBackend("sequitur", { threads: 1 });
    const held = tf.tensor1d([1]);
    await expect(selectBackend("sequitur", { threads: 2 })).rejects.toMatchObject({ code: "bad-config" });
    held.dispose();
    await selectBackend("sequitur", { threads: 2 });
    expect(tf.tidy(() => tf.tensor1d([1, 2]).square().sum().dataSync()[0])).toBe(5);
  });

  it("refuses a name it does not know", async () => {
    await expect(selectBackend("webgl" as "cpu")).rejects.toThrow(
      "backend must be one of sequitur, tensorflow, cpu, got webgl.",
    );
  });

  it.skipIf(hasTensorflow)("says what to do when tensorflow is not installed", async () => {
    await expect(selectBackend("tensorflow")).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("use the backend sequitur") as string,
    });
  });

  it("has one tfjs-core, whoever asks", () => {
    // Every copy of tfjs-core in a process takes its engine from this global.
    const shared = (globalThis as unknown as Record<string, unknown>)["_tfengine"];
    expect(tf.engine()).toBe(shared);
    expect(tf.version_core).toBe("4.22.0");
  });
});
