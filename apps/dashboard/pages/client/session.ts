import { useEffect, useState } from "preact/hooks";
import { api, setToken, bodyOf, whenSignedOut } from "./client.js";

/** Who looks at the pages. */
export interface Session {
  readonly scopes: ReadonlySet<string>;
}

/** "unknown" until the server has said whether the browser is signed in. */
export type SessionState = Session | "unknown" | "signed-out";

/**
 * The session of this browser. A link may bring a key behind its #, which no server sees: it is taken once and wiped
 * from the address.
 */
export function useSession(): [
  SessionState,
  { readonly signIn: (key: string) => Promise<void>; readonly signOut: () => Promise<void> },
] {
  const [session, setSession] = useState<SessionState>("unknown");
  const begin = ({ scopes, csrfToken }: { scopes: string[]; csrfToken: string }): void => {
    setToken(csrfToken);
    setSession({ scopes: new Set(scopes) });
  };
  const signIn = async (key: string): Promise<void> => begin(await bodyOf(api.session.$post({ json: { key } })));
  const signOut = async (): Promise<void> => {
    await bodyOf(api.session.$delete());
    setSession("signed-out");
  };
  useEffect(() => {
    whenSignedOut(() => setSession("signed-out"));
    const key = keyOfLink();
    const first = key === undefined ? bodyOf(api.session.$get()).then(begin) : signIn(key);
    first.catch(() => setSession("signed-out"));
  }, []);
  return [session, { signIn, signOut }];
}

function keyOfLink(): string | undefined {
  const key = /^#key=(.+)$/.exec(location.hash)?.[1];
  if (key !== undefined) history.replaceState(null, "", location.pathname + location.search);
  return key === undefined ? undefined : decodeURIComponent(key);
}
