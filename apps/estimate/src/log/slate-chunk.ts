import { UNIT_BUCKETS } from "@sequitur/metrics";

/** Some thousand logged slates, one after another; what a pass over a log is made of. Unknown numbers are NaN. */
export interface SlateChunk {
  /** S, slates. */
  readonly size: number;
  /** Place of the first slate within the log. */
  readonly start: number;
  /** (S + 1) slate s shows the places offsets[s] .. offsets[s + 1]. */
  readonly offsets: Int32Array;
  /** (S) bucket of the unit (user, or else the slate itself), below `UNIT_BUCKETS`. */
  readonly buckets: Int32Array;
  /** (S) outside id of the user, "" when unknown. */
  readonly users: readonly string[];
  /** (S) ms since the epoch. */
  readonly times: Float64Array;
  /** (P) item index; P = offsets[S]. */
  readonly items: Int32Array;
  /** (P) 0-based position of the place within what was shown. */
  readonly positions: Int32Array;
  readonly rewards: Float64Array;
  /** (P) P(item at this position | query), and P(item | items above), of the logging policy. */
  readonly propensities: Float64Array;
  readonly conditionals: Float64Array;
  /** (P) standard errors of the propensities; NaN where they are not estimated. */
  readonly standardErrors: Float64Array;
  /** (P) both probabilities of a policy whose probabilities stand in the log. */
  readonly evaluation: Float64Array;
  readonly evaluationConditionals: Float64Array;
}

/** One shown item, as a reader finds it. */
export interface ShownPlace {
  readonly item: number;
  readonly position: number;
  readonly reward: number;
  readonly propensity: number;
  readonly conditional: number;
  /** Of the propensity; NaN unless it is estimated. */
  readonly standardError: number;
  readonly evaluation: number;
  readonly evaluationConditional: number;
}

/** Slates of one chunk. */
const CHUNK_SLATES = 4096;

/** Gathers slates and hands out full chunks. */
export class ChunkBuilder {
  private readonly onChunk: (chunk: SlateChunk) => void;
  private places: ShownPlace[] = [];
  private offsets: number[] = [0];
  private users: string[] = [];
  private times: number[] = [];
  private start = 0;

  constructor(onChunk: (chunk: SlateChunk) => void) {
    this.onChunk = onChunk;
  }

  add(user: string, time: number, places: readonly ShownPlace[]): void {
    for (const place of places) this.places.push(place);
    this.offsets.push(this.places.length);
    this.users.push(user);
    this.times.push(time);
    if (this.users.length === CHUNK_SLATES) this.flush();
  }

  /** Hands out what is left. */
  flush(): void {
    const { places, users, start } = this;
    if (users.length === 0) return;
    const column = (name: keyof ShownPlace) => Float64Array.from(places, (place) => place[name]);
    this.onChunk({
      size: users.length,
      start,
      offsets: Int32Array.from(this.offsets),
      buckets: Int32Array.from(users, (user, slate) => bucketOf(user, start + slate)),
      users,
      times: Float64Array.from(this.times),
      items: Int32Array.from(places, ({ item }) => item),
      positions: Int32Array.from(places, ({ position }) => position),
      rewards: column("reward"),
      propensities: column("propensity"),
      conditionals: column("conditional"),
      standardErrors: column("standardError"),
      evaluation: column("evaluation"),
      evaluationConditionals: column("evaluationConditional"),
    });
    this.start += users.length;
    [this.places, this.offsets, this.users, this.times] = [[], [0], [], []];
  }
}

/** Slates of a user share a bucket; a slate of nobody is a unit of its own. */
function bucketOf(user: string, slate: number): number {
  if (user === "") return slate % UNIT_BUCKETS;
  let hash = 0x811c9dc5;
  for (let at = 0; at < user.length; at++) hash = Math.imul(hash ^ user.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash >>> 8) % UNIT_BUCKETS;
}
