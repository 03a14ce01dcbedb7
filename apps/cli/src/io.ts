/** Where text goes; a terminal says so and how wide it is. */
export interface TextOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Everything that the program takes from the process that it runs in, so that tests can stand in for it. */
export interface Io {
  /** Results only. */
  readonly stdout: TextOutput;
  /** Progress, notes and errors. */
  readonly stderr: TextOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** ms since the epoch. */
  now(): number;
  readonly fetch: typeof fetch;
}

/** Whether escape codes for colour may be written: a terminal, unless NO_COLOR; FORCE_COLOR overrules the terminal. */
export function wantsColor(output: TextOutput, env: Io["env"]): boolean {
  if (isSet(env["NO_COLOR"])) return false;
  if (isSet(env["FORCE_COLOR"])) return env["FORCE_COLOR"] !== "0";
  return output.isTTY === true && env["TERM"] !== "dumb";
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
