import { expect, test } from "vitest";
import { testIo } from "../io.fixture.js";
import { main } from "../main.js";

async function plan(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = testIo();
  const code = await main(["experiment", "plan", ...argv], io);
  return { code, out: io.stdout.text(), err: io.stderr.text() };
}

test("says users and days, as text and as JSON", async () => {
  const flags = ["--rate", "0.1", "--effect", "0.2", "--users-per-day", "1000"];
  expect(await plan(...flags)).toEqual({ code: 0, out: "3841 users an arm, 7682 in all: 8 days\n", err: "" });
  const { out } = await plan(...flags, "--traffic", "0.5", "--json");
  expect(JSON.parse(out)).toEqual({ usersAnArm: 3841, users: 7682, days: 16, alphaAComparison: 0.05 });
});

test("names what is missing", async () => {
  const { code, err } = await plan("--effect", "0.2", "--users-per-day", "10");
  expect(code).not.toBe(0);
  expect(err).toContain("expected either rate, or mean with deviation");
});
