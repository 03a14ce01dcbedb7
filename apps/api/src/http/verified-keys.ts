import { verifyApiKey, type Store } from "@sequitur/store";
import { createHash } from "node:crypto";
import { SCOPES, type Principal } from "./principal.js";
import { HttpProblem } from "./problem.js";

/** How long a verified key is trusted without asking again: a revoked key dies within this time. */
const TRUST_MS = 5_000;
/** A key that is not good never becomes good: it is asked about again only to forget it some day. */
const DISTRUST_MS = 60_000;
const MOST_GOOD = 10_000;
const MOST_BAD = 10_000;
/** Strangers' keys that the database is asked about at a time, so that it has time for those it knows. */
const MOST_STRANGERS = 8;

/** Asks the store who holds a key, as seldom as it can. Memory holds hashes of keys, as the store does. */
export class VerifiedKeys {
  private readonly store: Store;
  private readonly good = new Map<string, { readonly principal: Principal; readonly until: number }>();
  private readonly bad = new Map<string, number>();
  private readonly asking = new Map<string, Promise<Principal | undefined>>();
  private strangers = 0;

  constructor(store: Store) {
    this.store = store;
  }

  /** Whether the key was good when the store was last asked, or is being asked about: it costs no further look-up. */
  isKnown(key: string): boolean {
    const hash = hashOf(key);
    return this.good.has(hash) || this.asking.has(hash);
  }

  /** Whose key it is, or undefined; 429 when too many unknown ones are being asked about. */
  async holderOf(key: string): Promise<Principal | undefined> {
    const hash = hashOf(key);
    const trusted = this.good.get(hash);
    if (trusted !== undefined && trusted.until > this.store.now()) return trusted.principal;
    if ((this.bad.get(hash) ?? -Infinity) > this.store.now()) return undefined;
    const running = this.asking.get(hash);
    if (running !== undefined) return running;
    const asked = this.ask(key, hash, trusted === undefined).finally(() => this.asking.delete(hash));
    this.asking.set(hash, asked);
    return asked;
  }

  private async ask(key: string, hash: string, isStranger: boolean): Promise<Principal | undefined> {
    if (isStranger && this.strangers >= MOST_STRANGERS) {
      throw new HttpProblem("too-many-requests", "too many unknown keys at once; come back.", { "retry-after": "1" });
    }
    if (isStranger) this.strangers++;
    try {
      const found = await verifyApiKey(this.store, key);
      const scopes = SCOPES.filter((scope) => found?.scopes.includes(scope));
      const principal = found && { keyId: found.keyId, scopes: new Set(scopes) };
      this.remember(hash, principal);
      return principal;
    } finally {
      if (isStranger) this.strangers--;
    }
  }

  /** Good and bad keys have their own places: no number of bad ones makes a good one unknown. */
  private remember(hash: string, principal: Principal | undefined): void {
    this.good.delete(hash);
    this.bad.delete(hash);
    const now = this.store.now();
    if (principal !== undefined) this.good.set(hash, { principal, until: now + TRUST_MS });
    else this.bad.set(hash, now + DISTRUST_MS);
    dropOldest(this.good, MOST_GOOD);
    dropOldest(this.bad, MOST_BAD);
  }
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  if (map.size > most) map.delete(map.keys().next().value!);
}

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("base64");
}
