import type { PlaceReasons } from "./explain-place.js";

/** Season factors nearer to 1 than this are no news. */
const NO_SEASON = 0.15;

/** Nearer than this is the same spot. */
const HERE_KM = 0.02;

/**
 * The reasons as one line, the user's own habit first, each clause with its number: "you came 5 times, 3 of them at
 * about this time; 12 % go there next (14 trips); 400 m from your last place; open at 18:30; 1.8 times its usual visits
 * in this season".
 */
export function explanationText(reasons: PlaceReasons): string {
  const { opening, localMinutes, seasonFactor, distanceKm, trips, visits } = reasons;
  const clock = `${twoDigits(Math.floor(localMinutes / 60))}:${twoDigits(localMinutes % 60)}`;
  const clauses = [
    visits.total > 0 && visitsClause(visits),
    trips !== undefined && trips.count > 0 && `${percent(trips.share)} go there next (${times(trips.count, "trip")})`,
    distanceKm !== undefined &&
      (distanceKm < HERE_KM ? "where you were last" : `${kilometres(distanceKm)} from your last place`),
    opening !== "unknown" && `${opening} at ${clock}`,
    seasonFactor !== undefined && seasonClause(seasonFactor),
  ].filter((clause) => clause !== false);
  return clauses.length === 0 ? "nothing is known of this place yet" : clauses.join("; ");
}

function visitsClause({ total, alike }: PlaceReasons["visits"]): string {
  const came = total === 1 ? "you came once" : `you came ${total} times`;
  if (alike === 0) return `${came}, never at this time`;
  if (total === 1) return `${came}, at about this time`;
  return `${came}, ${alike === total ? "always" : `${alike} of them`} at about this time`;
}

function seasonClause(factor: number): string | false {
  if (Math.abs(factor - 1) < NO_SEASON) return false;
  return `${factor.toFixed(1)} times its usual visits in this season`;
}

function percent(share: number): string {
  return share < 0.01 ? "under 1 %" : `${Math.round(share * 100)} %`;
}

function kilometres(km: number): string {
  return km < 1 ? `${Math.round(km * 1000)} m` : `${km.toFixed(1)} km`;
}

function times(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
