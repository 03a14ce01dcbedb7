import icon from "../icon.svg";
import { useEffect, useRef } from "preact/hooks";
import { followLinks, useAddress } from "../address/address.js";
import { SessionContext } from "../client/session-context.js";
import { useSession } from "../client/session.js";
import { Empty, Loading, Page } from "../parts/parts.js";
import { lazyPage } from "./lazy-page.js";
import { PLACES } from "./places.js";
import { SignIn } from "./sign-in.js";

const PAGES: Readonly<Record<string, ReturnType<typeof lazyPage>>> = {
  "": lazyPage(async () => (await import("../home/home-page.js")).HomePage),
  models: lazyPage(async () => (await import("../models/models-page.js")).ModelsPage),
  ask: lazyPage(async () => (await import("../ask/ask-page.js")).AskPage),
};

/** Everything: the sign-in, or the menu with the page of the address. */
export function App() {
  const [session, { signIn, signOut }] = useSession();
  useEffect(() => {
    addEventListener("click", followLinks);
    return () => removeEventListener("click", followLinks);
  }, []);
  if (session === "unknown") return <Loading />;
  if (session === "signed-out") return <SignIn signIn={signIn} />;
  return (
    <SessionContext.Provider value={session}>
      <Shell signOut={() => void signOut()} />
    </SessionContext.Provider>
  );
}

function Shell({ signOut }: { readonly signOut: () => void }) {
  const { page } = useAddress();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    const name = PLACES.find(([place]) => place === page)?.[1] ?? "Not found";
    document.title = `${name} · Sequitur`;
    // A screen reader begins at the new page, as it does when a page is loaded.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [page]);
  const Shown = PAGES[page];
  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <div class="side">
        <a class="brand" href="/">
          <img src={icon} alt="" width="26" height="26" />
          <span>Sequitur</span>
        </a>
        <nav aria-label="Pages">
          {PLACES.map(([place, name, icon]) => (
            <a key={place} href={`/${place}`} {...(place === page && { "aria-current": "page" as const })}>
              <svg viewBox="0 0 24 24" aria-hidden="true">
                <path d={icon} fill="none" stroke="currentColor" stroke-width="1.8" stroke-linejoin="round" />
              </svg>
              {name}
            </a>
          ))}
        </nav>
        <footer>
          <span>
            <a href="/reference" data-outside>
              API reference
            </a>
          </span>
          <button type="button" class="quiet" onClick={signOut}>
            Sign out
          </button>
        </footer>
      </div>
      <main id="main" tabIndex={-1} ref={main}>
        {Shown === undefined ? <NotFound page={page} /> : <Shown key={page} />}
      </main>
    </div>
  );
}

function NotFound({ page }: { readonly page: string }) {
  return (
    <Page title="Not found">
      <Empty title={`There is no page “${page}”.`}>
        <a href="/">Go to the first page</a>
      </Empty>
    </Page>
  );
}
