import { describe, expect, test } from "vitest";
import { collectAssignment, collectField, collectKind, kindOf, namesOf, numbersOf, valueOf } from "./assignments.js";
import { collectColumns } from "./column-map.js";
import { setPath } from "./set-path.js";

describe("assignments", () => {
  test("values are JSON when they read as JSON, else text", () => {
    expect(["5", "0.5", "true", "null", "[1,2]", "city", "2020-01-01", "007"].map(valueOf)).toEqual([
      5,
      0.5,
      true,
      null,
      [1, 2],
      "city",
      "2020-01-01",
      "007",
    ]);
  });

  test("a kind alone or with fields", () => {
    expect(kindOf("leave-one-out")).toEqual({ kind: "leave-one-out" });
    expect(kindOf("temporal:testFrom=0.9, ask=first")).toEqual({ kind: "temporal", testFrom: 0.9, ask: "first" });
    expect(kindOf("temporal:testFrom=2020-01-01T00:00:00Z")).toMatchObject({ testFrom: "2020-01-01T00:00:00Z" });
  });

  test("repeated options add up", () => {
    expect(collectAssignment("seed=2,size=large", { size: "tiny" })).toEqual({ seed: 2, size: "large" });
    expect(collectField("k=[5,10]", { title: "t" })).toEqual({ k: [5, 10], title: "t" });
    expect(collectKind("b:x=1", [{ kind: "a" }])).toEqual([{ kind: "a" }, { kind: "b", x: 1 }]);
  });

  test("lists drop blanks, and empty ones are refused", () => {
    expect(namesOf("ease, markov,")).toEqual(["ease", "markov"]);
    expect(numbersOf("5,10")).toEqual([5, 10]);
    expect(() => namesOf(" , ")).toThrow("name");
    expect(() => numbersOf("5,")).toThrow("number");
  });
});

describe("columns", () => {
  test("the unit of the time follows its column, texts add up", () => {
    expect(collectColumns("text=b,time=at:clock:ms", collectColumns("user=u,text=a"))).toEqual({
      user: "u",
      text: ["a", "b"],
      time: "at:clock",
      timeUnit: "ms",
    });
  });

  test("a colon without a unit belongs to the column", () => {
    expect(collectColumns("time=at:clock")).toEqual({ time: "at:clock" });
  });
});

describe("one field", () => {
  const experiment = { models: [{ name: "ease" }, { name: "ease", label: "e2" }], tune: { trials: 2 } };

  test("is found by key, by position or by what an entry is called, and nothing else changes", () => {
    const changed = setPath(experiment, ["models", "e2", "config", "l2"], 400, "--set");
    expect(changed).toEqual({
      ...experiment,
      models: [{ name: "ease" }, { name: "ease", label: "e2", config: { l2: 400 } }],
    });
    expect(setPath(experiment, ["models", "0", "name"], "x", "--set")).toMatchObject({ models: [{ name: "x" }, {}] });
    expect(experiment.models[1]).toEqual({ name: "ease", label: "e2" });
  });

  test("objects on the way are made, blocked ways are refused", () => {
    expect(setPath({}, ["memory", "scoreMb"], 8, "--set")).toEqual({ memory: { scoreMb: 8 } });
    expect(() => setPath(experiment, ["models", "bpr", "config"], 1, "--set")).toThrow('got "bpr"');
    expect(() => setPath(experiment, ["tune", "trials", "x"], 1, "--set")).toThrow('"x" is not a field of 2');
  });

  test("a field called like something of every object is only data", () => {
    const changed = setPath({}, ["__proto__", "polluted"], true, "--set");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(Object.keys(changed as object)).toEqual(["__proto__"]);
  });
});
