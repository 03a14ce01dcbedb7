import { PlatformError } from "@sequitur/core";
import { isStorable } from "../well-formed.js";

/** One interaction as it comes in. Users and items that are not known yet are made. */
export interface Event {
  /** Chosen by the sender; the same id again is a duplicate, whatever else it says. */
  readonly eventId: string;
  readonly userId: string;
  readonly itemId: string;
  /** ms since the epoch, UTC. */
  readonly time: number;
  /** What happened, such as "visit", "click", "purchase". Default "visit". */
  readonly kind?: string;
  /** Stars or counts. */
  readonly weight?: number;
  /** 0-based place in the slate that it came from. */
  readonly position?: number;
  readonly session?: number;
  /** WGS84 degrees where it happened. */
  readonly latitude?: number;
  readonly longitude?: number;
  /** Minutes east of UTC on the user's clock. */
  readonly utcOffsetMinutes?: number;
}

/** What became of one row of a batch; accepted means committed. */
export type EventResult =
  | { readonly status: "accepted" }
  | { readonly status: "duplicate" }
  | { readonly status: "rejected"; readonly message: string };

export const DEFAULT_KIND = "visit";
const LONGEST_ID = 512;
const LONGEST_KIND = 64;
/** Later than this no time in ms is meant: seconds and microseconds of our days lie on either side. */
const LATEST = 1e14;

/** Why an outside id cannot be stored, or undefined when it can. */
export function idProblem(name: string, id: unknown, longest: number = LONGEST_ID): string | undefined {
  if (typeof id !== "string") return `${name} must be text, got ${typeof id}.`;
  if (id === "" || id.length > longest) return `${name} must have 1 to ${longest} characters, got ${id.length}.`;
  if (!isStorable(id)) return `${name} must be well-formed Unicode without the NUL character.`;
  return undefined;
}

/** Throws `bad-data` for an outside id that cannot be stored. */
export function checkId(name: string, id: string): void {
  const problem = idProblem(name, id);
  if (problem !== undefined) throw new PlatformError("bad-data", problem);
}

/** Why a row cannot be stored, or undefined when it can. */
export function eventProblem(event: Event): string | undefined {
  return (
    idProblem("eventId", event.eventId) ??
    idProblem("userId", event.userId) ??
    idProblem("itemId", event.itemId) ??
    (event.kind === undefined ? undefined : idProblem("kind", event.kind, LONGEST_KIND)) ??
    numberProblem("time", event.time, -LATEST, LATEST) ??
    optional("weight", event.weight, -3.4e38, 3.4e38) ??
    optionalInteger("position", event.position, 0, 0x7fffffff) ??
    optionalInteger("session", event.session, -0x80000000, 0x7fffffff) ??
    optional("latitude", event.latitude, -90, 90) ??
    optional("longitude", event.longitude, -180, 180) ??
    optionalInteger("utcOffsetMinutes", event.utcOffsetMinutes, -1080, 1080)
  );
}

function numberProblem(name: string, value: number, low: number, high: number): string | undefined {
  if (typeof value === "number" && value >= low && value <= high) return undefined;
  return `${name} must be a number in [${low}, ${high}], got ${String(value)}.`;
}

function optional(name: string, value: number | undefined, low: number, high: number): string | undefined {
  return value === undefined ? undefined : numberProblem(name, value, low, high);
}

function optionalInteger(name: string, value: number | undefined, low: number, high: number): string | undefined {
  if (value === undefined || Number.isInteger(value)) return optional(name, value, low, high);
  return `${name} must be an integer, got ${value}.`;
}
