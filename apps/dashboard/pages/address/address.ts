import { useEffect, useState } from "preact/hooks";

/*
 * All that a page shows follows from its address: /models?version=3. A page reads it with useAddress and changes it with
 * go; the back button, a bookmark and a copied link then do what they should.
 */

export interface Address {
  /** First part of the path; "" is the front page. */
  readonly page: string;
  readonly params: URLSearchParams;
}

const listeners = new Set<() => void>();

export function readAddress(): Address {
  return { page: location.pathname.replace(/^\/|\/$/g, ""), params: new URLSearchParams(location.search) };
}

/** Goes to an address of ours; with `replace` the back button does not come back to the present one. */
export function go(href: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, "", href);
  else history.pushState(null, "", href);
  for (const listener of listeners) listener();
}

/** The present address with some parameters changed; an empty or absent value removes its parameter. */
export function hrefWith(changes: Readonly<Record<string, string | undefined>>, page = readAddress().page): string {
  const { params } = readAddress();
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === "") params.delete(name);
    else params.set(name, value);
  }
  return hrefOf(page, params);
}

/** An address of ours from a page and its parameters. */
export function hrefOf(page: string, params: Readonly<Record<string, string>> | URLSearchParams = {}): string {
  const query = new URLSearchParams(params).toString();
  return `/${page}${query === "" ? "" : `?${query}`}`;
}

/** The address, read again whenever it changes. */
export function useAddress(): Address {
  const [address, setAddress] = useState(readAddress);
  useEffect(() => {
    const update = (): void => setAddress(readAddress());
    listeners.add(update);
    addEventListener("popstate", update);
    return () => {
      listeners.delete(update);
      removeEventListener("popstate", update);
    };
  }, []);
  return address;
}

/** Lets plain links to our own pages change the page without loading it again. */
export function followLinks(event: MouseEvent): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element | null)?.closest("a");
  const isOurs = link instanceof HTMLAnchorElement && link.origin === location.origin && link.target === "";
  if (!isOurs || link.hasAttribute("data-outside") || link.hash !== "") return;
  event.preventDefault();
  go(link.pathname + link.search);
  scrollTo(0, 0);
}
