import type { Progress } from "@sequitur/core";
import { stripVTControlCharacters } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { keptOutput, testIo } from "../io.fixture.js";
import { PaceKeeper } from "./pace.js";
import { duration, paceBar, paceLine } from "./pace-text.js";
import { progressView, withProgress } from "./progress-view.js";

const at = (done: number, changes: Partial<Progress> = {}): Progress => ({
  task: "fit ease",
  done,
  total: 1000,
  unit: "queries",
  ...changes,
});

describe("pace", () => {
  test("rate and time left come from what was done since the first report", () => {
    const paces = new PaceKeeper();
    paces.update(at(100), 5000);
    const pace = paces.update(at(300), 7000);
    expect(pace).toMatchObject({ elapsedMs: 2000, rate: 100, leftMs: 7000, finished: false });
    expect(paces.update(at(1000), 9000).finished).toBe(true);
  });

  test("an unknown total gives a rate but no time left, and never ends", () => {
    const paces = new PaceKeeper();
    paces.update(at(0, { total: Number.NaN }), 0);
    const pace = paces.update(at(50, { total: Number.NaN }), 1000);
    expect(pace.rate).toBe(50);
    expect(pace.leftMs).toBeNaN();
    expect(pace.finished).toBe(false);
  });

  test("a task that starts over is timed anew, and tasks do not mix", () => {
    const paces = new PaceKeeper();
    paces.update(at(900), 0);
    expect(paces.update(at(0), 5000).elapsedMs).toBe(0);
    expect(paces.update(at(1, { task: "other" }), 9000).elapsedMs).toBe(0);
  });

  test("texts say how far, how fast and how long, and fit the width", () => {
    const paces = new PaceKeeper();
    paces.update(at(0), 0);
    const pace = paces.update(at(240, { values: { loss: 0.31234 } }), 2000);
    expect(paceLine(pace)).toBe("fit ease: 240 of 1,000 queries (24%), 120 queries/s, 6.3 s left, loss 0.3123");
    expect(paceBar(pace, 100)).toBe(
      "fit ease  █████░░░░░░░░░░░░░░░ 24%  240/1,000 queries  120/s  6.3 s left  loss 0.3123",
    );
    expect(paceBar(pace, 40)).toHaveLength(39);
    expect(paceLine(paces.update(at(1000), 4000))).toBe(
      "fit ease: 1,000 of 1,000 queries (100%), done in 4.0 s, 250 queries/s",
    );
  });

  test("what takes seconds a piece says how long each takes", () => {
    const paces = new PaceKeeper();
    paces.update(at(0, { total: 4, unit: "models" }), 0);
    const pace = paces.update(at(1, { total: 4, unit: "models" }), 20_000);
    expect(paceLine(pace)).toBe("fit ease: 1 of 4 models (25%), 20 s each, 1 min 00 s left");
  });

  test("durations read as people say them", () => {
    expect([400, 12_400, 59_700, 185_000, 7_800_000].map(duration)).toEqual([
      "0.4 s",
      "12 s",
      "1 min 00 s",
      "3 min 05 s",
      "2 h 10 min",
    ]);
  });
});

describe("where it is no terminal", () => {
  const clocked = () => {
    let now = 0;
    const io = testIo({ now: () => now });
    return { io, view: progressView(io, false), wait: (ms: number) => (now += ms) };
  };

  test("a line after a second, then one every five, and one at the end", () => {
    const { io, view, wait } = clocked();
    for (let done = 0; done <= 1000; done += 50) {
      view.report(at(done));
      wait(600);
    }
    view.stop();
    const lines = io.stderr.text().trim().split("\n");
    expect(lines.map((line) => /\((\d+)%\)/.exec(line)![1])).toEqual(["10", "55", "100"]);
    expect(lines.at(-1)).toContain("done in 12 s");
    expect(io.stdout.text()).toBe("");
    expect(io.stderr.text()).not.toContain("\u001B");
  });

  test("work of less than a second says nothing", () => {
    const { io, view, wait } = clocked();
    for (const done of [0, 500, 1000]) {
      view.report(at(done));
      wait(300);
    }
    expect(io.stderr.text()).toBe("");
  });

  test("quiet says nothing at all", () => {
    const io = testIo({ now: () => 1e9 });
    const view = progressView(io, true);
    for (const done of [0, 500, 1000]) view.report(at(done));
    view.stop();
    expect(io.stderr.text()).toBe("");
  });
});

describe("on a terminal", () => {
  afterEach(() => void vi.useRealTimers());

  const terminal = () => {
    vi.useFakeTimers();
    let now = 0;
    const io = testIo({ now: () => now, stderr: keptOutput(true) });
    return { io, view: progressView(io, false), wait: (ms: number) => (now += ms) };
  };

  test("a bar with rate and time left, and a line for what took longer than a second", () => {
    const { io, view, wait } = terminal();
    for (let done = 0; done <= 1000; done += 100) {
      view.report(at(done));
      wait(500);
    }
    view.report(at(0, { task: "next" }));
    view.stop();
    const text = stripVTControlCharacters(io.stderr.text());
    expect(text).toContain("50%  500/1,000 queries  200/s  2.5 s left");
    expect(text).toContain("fit ease: 1,000 of 1,000 queries (100%), done in 5.0 s");
  });

  test("tasks at the same time have a bar each, and the cursor comes back at the end", () => {
    const { io, view, wait } = terminal();
    view.report(at(10));
    view.report(at(20, { task: "fit markov" }));
    wait(200);
    view.report(at(30));
    view.stop();
    const text = io.stderr.text();
    expect(stripVTControlCharacters(text)).toMatch(/fit ease .*\n.*fit markov/);
    expect(text.lastIndexOf("\u001B[?25h")).toBeGreaterThan(text.lastIndexOf("\u001B[?25l"));
    expect(vi.getTimerCount()).toBe(0);
  });
});

test("a view is stopped when the work fails", async () => {
  vi.useFakeTimers();
  const io = testIo({ stderr: keptOutput(true) });
  const failing = withProgress(io, false, (report) => {
    report(at(1));
    return Promise.reject(new Error("no"));
  });
  await expect(failing).rejects.toThrow("no");
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
