import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const SOURCE = /\/src\/.*(?<!\.test|\.fixture)\.ts$/u;

/** Calls that are made with one argument for each element of an array. */
const SPREAD =
  /\.(?:max|min|hypot|push|unshift|splice|concat|fromCharCode|fromCodePoint|set|add|apply)\((?:[^(){}[\]]*, )?\.\.\./u;

// A call takes about 100,000 arguments; an array that grows with the data has more one day.
it("no array is spread into a call: maxOf, minOf and loops take any number of values", () => {
  const files = ["packages", "apps"].flatMap((room) =>
    readdirSync(`${root}/${room}`, { recursive: true, encoding: "utf8" })
      .map((file) => `${room}/${file}`)
      .filter((file) => SOURCE.test(file) && !file.includes("node_modules")),
  );
  expect(files.length).toBeGreaterThan(500);
  const found = files.flatMap((file) =>
    readFileSync(`${root}/${file}`, "utf8")
      .split("\n")
      .flatMap((line, at) =>
        SPREAD.test(line) && !/^\s*(?:\/\/|\/?\*)/u.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [],
      ),
  );
  expect(found).toEqual([]);
});

it.each([
  ["const most = Math.max(...scores);", true],
  ["list.push(...rows);", true],
  ["list.splice(0, 1, ...rows);", true],
  ["const all = [...scores, ...others];", false],
  ["list.push({ name, ...found });", false],
  ["list.push([0, ...found]);", false],
  ["const map = new Map([...entries]);", false],
  ["const most = maxOf([...scores, 1]);", false],
])("reads %s", (line, isSpread) => expect(SPREAD.test(line)).toBe(isSpread));
