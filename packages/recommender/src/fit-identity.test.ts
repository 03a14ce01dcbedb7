import { Random } from "@sequitur/core";
import { expect, it } from "vitest";
import { fitIdentity } from "./fit-identity.js";

it("is another one for other settings, another seed, other data, and data in another column", () => {
  const [some, others] = [Int32Array.of(1, 2), Int32Array.of(1, 3)];
  const of = (settings: unknown[], columns: (Int32Array | undefined)[], seed = 1): string =>
    fitIdentity(settings, columns, new Random(seed));
  const first = of(["sasrec", { rate: 1 }], [some, undefined]);
  expect(of(["sasrec", { rate: 1 }], [Int32Array.of(1, 2), undefined])).toBe(first);
  const all = [
    first,
    of(["sasrec", { rate: 2 }], [some, undefined]),
    of(["sasrec", { rate: 1 }], [some, undefined], 2),
    of(["sasrec", { rate: 1 }], [others, undefined]),
    of(["sasrec", { rate: 1 }], [undefined, some]),
    of(["sasrec", { rate: 1 }], [some.subarray(0, 1), some.subarray(1)]),
  ];
  expect(new Set(all).size).toBe(all.length);
});
