import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Session } from "./session.js";

export const SessionContext = createContext<Session>({ scopes: new Set() });

/** Whether the signed-in key has a scope, so that pages offer only what will work. */
export function useMay(scope: string): boolean {
  return useContext(SessionContext).scopes.has(scope);
}
