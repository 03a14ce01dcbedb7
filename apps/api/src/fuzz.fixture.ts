import fc from "fast-check";
import { SCOPES, type Scope } from "./http/principal.js";

export interface FuzzedRequest {
  readonly method: string;
  readonly path: string;
  /** The operation that it is aimed at. */
  readonly route: string;
  readonly body: unknown;
  readonly scope: Scope;
}

const EVIL = [
  "'; drop table items; --",
  "\\",
  "%",
  "$1",
  "{{7*7}}",
  "../../etc/passwd",
  "__proto__",
  "constructor",
  "\u202e",
  "𝟘",
  "i1",
  "u1",
  "",
];
const textArbitrary = fc.oneof(fc.constantFrom(...EVIL), fc.string({ unit: "binary", maxLength: 40 }));
const numberArbitrary = fc.oneof(
  fc.constantFrom(0, -1, 1, 3, 1e15, -1e15, 1e308, 0.5, 2 ** 31, 2 ** 53, Date.UTC(2026, 0, 6)),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const scalarArbitrary = fc.oneof(textArbitrary, numberArbitrary, fc.boolean(), fc.constant(null));

/** Names that the API knows, so that fuzzing gets past the first check. */
const FIELDS = [
  "userId itemId eventId history events feedback requests k now time filter rules explain excludeSeen latitude",
  "longitude radiusKm openNow openAt categories allow deny policy kind temperature epsilon pool experiment record",
  "requestId value attributes title texts openingHours timeZone availableFrom availableUntil items slot reason arms arm",
  "weight experimentId versionId scopes name expiresAt pins boosts caps factor most position utcOffsetMinutes",
  "key ask change without add",
].flatMap((line) => line.split(" "));

const jsonArbitrary = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, scalarArbitrary, tie("list"), tie("object")),
  list: fc.array(tie("value"), { maxLength: 4 }),
  object: fc.dictionary(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...FIELDS) }, textArbitrary), tie("value"), {
    maxKeys: 6,
    noNullPrototype: false,
  }),
}));

/** Bodies that are nearly right, a field or two spoilt, so that the code behind the checks is reached too. */
const nearlyRight = fc
  .record({
    base: fc.constantFrom<Record<string, unknown>>(
      { userId: "u1", k: 3 },
      { history: [{ itemId: "i1" }, { itemId: "i2" }], k: 5, explain: true },
      { userId: "u1", latitude: 45, longitude: 9, radiusKm: 3, openNow: true },
      { userId: "u2", k: 4, policy: { kind: "softmax", temperature: 0.5 }, pool: 10 },
      {
        userId: "u2",
        k: 4,
        rules: { pins: [{ itemId: "i1", position: 2 }], boosts: [{ itemIds: ["i2"], factor: 9 }] },
      },
      { events: [{ eventId: "f", userId: "u1", itemId: "i1" }] },
      { feedback: [{ requestId: "00000000-0000-4000-8000-000000000000", itemId: "i1", kind: "click" }] },
      { requests: [{ userId: "u1" }, { history: [] }] },
      { attributes: { a: 1 } },
      { title: "t", categories: ["x"], latitude: 1, longitude: 2 },
      { items: [{ itemId: "n1", title: "t" }] },
      { experimentId: "x", arms: [{ arm: "a" }, { arm: "b" }] },
      { slot: "default" },
      { name: "k", scopes: ["serve"] },
      { items: [{ itemId: "n1", attributes: { a: null } }], merge: true },
      { users: [{ userId: "u3", attributes: { a: 1 } }] },
      { userId: "u3" },
      { from: "u4", into: "u5" },
      { itemIds: ["n1"] },
      { events: [{ userId: "u1", kind: "visit" }] },
      { ask: { userId: "u1", k: 3, policy: { kind: "softmax" } }, change: { without: [], add: ["i2"] } },
    ),
    spoilt: fc.dictionary(fc.constantFrom(...FIELDS), jsonArbitrary.value, { maxKeys: 2, noNullPrototype: false }),
  })
  .map(({ base, spoilt }) => ({ ...base, ...spoilt }));

/** A request to any route; no id that is drawn names a key of the test. */
export function fuzzedRequest(
  operations: readonly { readonly method: string; readonly path: string; readonly scopes: readonly Scope[] }[],
): fc.Arbitrary<FuzzedRequest> {
  return fc
    .record({
      operation: fc.constantFrom(...operations),
      body: fc.oneof({ weight: 6, arbitrary: nearlyRight }, jsonArbitrary.value, textArbitrary),
      id: fc.oneof(fc.constantFrom("i1", "u1", "1", "x"), textArbitrary),
      query: fc.option(fc.tuple(fc.constantFrom("k", "limit", "cursor", "text", "all"), scalarArbitrary)),
      rightScope: fc.integer({ min: 0, max: 9 }),
      scope: fc.constantFrom(...SCOPES),
    })
    .map(({ operation: { method, path, scopes }, body, id, query, rightScope, scope }) => {
      const own = path.replace(
        /\/(i1|1|0123456789abcdef)(?=\/|$)/,
        `/${encodeURIComponent(id.replaceAll(/\p{Surrogate}/gu, "?"))}`,
      );
      const tail =
        query === null ? "" : `?${query[0]}=${encodeURIComponent(String(query[1]).replaceAll(/\p{Surrogate}/gu, "?"))}`;
      const hasBody = method === "POST" || method === "PUT" || method === "PATCH";
      return {
        method,
        path: own + tail,
        route: path,
        body: hasBody ? body : undefined,
        scope: rightScope > 0 ? (scopes[0] ?? scope) : scope,
      };
    });
}
