import type { Io, TextOutput } from "./io.js";

/** An output that keeps what is written. */
export interface KeptOutput extends TextOutput {
  text(): string;
}

/** A terminal of 80 columns, or a pipe. */
export function keptOutput(isTTY = false): KeptOutput {
  let kept = "";
  return {
    ...(isTTY && { isTTY, columns: 80 }),
    write(text: string) {
      kept += text;
      return true;
    },
    text: () => kept,
  };
}

export interface TestIo extends Io {
  readonly stdout: KeptOutput;
  readonly stderr: KeptOutput;
}

/** An `Io` for tests: pipes, no environment, no network, a clock that `changes` may replace. */
export function testIo(changes: Partial<TestIo> = {}): TestIo {
  return {
    stdout: keptOutput(),
    stderr: keptOutput(),
    env: {},
    signal: new AbortController().signal,
    now: () => 0,
    fetch: () => Promise.reject(new TypeError("no network in tests")),
    ...changes,
  };
}
