import { PlatformError } from "@sequitur/core";
import { CommanderError } from "commander";

/** 0 is success; these are the rest. */
export const EXIT = { failed: 1, badUsage: 2, stopped: 130 } as const;

/** What the process should end with for an error that reached the top. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.badUsage;
  if (error instanceof PlatformError && error.code === "bad-config") return EXIT.badUsage;
  if (error instanceof PlatformError && error.code === "cancelled") return EXIT.stopped;
  return EXIT.failed;
}

/** The error as the one line that a person reads, or undefined when it was only the end of a help text. */
export function failureLine(error: unknown): string | undefined {
  if (error instanceof CommanderError) return usageLine(error);
  if (error instanceof PlatformError || isSystemError(error)) return oneLine(error.message);
  const message = error instanceof Error ? error.message : String(error);
  return `unexpected error: ${oneLine(message)} (--debug shows where)`;
}

/** The stack with that of every cause, for --debug. */
export function failureStack(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by: ${failureStack(error.cause)}`;
}

function usageLine(error: CommanderError): string | undefined {
  const silent = ["commander.help", "commander.helpDisplayed", "commander.version"];
  if (silent.includes(error.code)) return undefined;
  return oneLine(error.message.replace(/^error: /, ""));
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === "string";
}

/** Text from files and the network must neither break the line nor steer the terminal. */
export function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001F\u007F-\u009F]+/g, " ").trim();
}
