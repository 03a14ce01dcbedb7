import { hc } from "hono/client";
import type { Api } from "./app.js";

/** The routes of the API, for a client's types. */
export type ApiRoutes = Api["app"];

/**
 * A client whose paths, bodies and answers are typed by the server's own schemas:
 * `client.v1.recommendations.$post({ json: { userId: "ada" } })`.
 */
export function apiClient(url: string, key: string): ReturnType<typeof hc<ApiRoutes>> {
  return hc<ApiRoutes>(url, { headers: { authorization: `Bearer ${key}` } });
}

/** The same client for a page of the API's own origin that is signed in by cookie; `csrfToken` is that of /session. */
export function sessionClient(url: string, csrfToken: () => string): ReturnType<typeof hc<ApiRoutes>> {
  return hc<ApiRoutes>(url, { headers: () => ({ "x-csrf-token": csrfToken() }) });
}
