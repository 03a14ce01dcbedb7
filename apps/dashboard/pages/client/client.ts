import { sessionClient } from "@sequitur/api/client";
import type { ClientResponse } from "hono/client";

let token = "";

/** The API, as the signed-in person may use it. */
export const api = sessionClient(location.origin, () => token);

export function setToken(csrfToken: string): void {
  token = csrfToken;
}

/** A refusal of the API, or the network's. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  /** HTTP status; 0 when no answer came. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** Called when the API no longer knows the session. */
let onSignedOut: () => void = () => undefined;

export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

/** What a route of the typed client answers when all is well. */
type BodyOf<R> =
  R extends ClientResponse<infer Body, infer Status, "json"> ? (Status extends 200 ? Body : never) : never;

/** The body of an answer; an ApiProblem that says what the API said when it is a refusal. */
export async function bodyOf<R extends ClientResponse<unknown>>(request: Promise<R>): Promise<BodyOf<R>> {
  const response = await request.catch(() => {
    throw new ApiProblem("The server does not answer. Is it running?", 0);
  });
  if (response.ok) return (await response.json()) as BodyOf<R>;
  if (response.status === 401) onSignedOut();
  throw new ApiProblem(await messageOf(response), response.status);
}

async function messageOf(response: ClientResponse<unknown>): Promise<string> {
  try {
    const { error } = (await response.json()) as { readonly error: { readonly message: string } };
    return error.message;
  } catch {
    return `The server answered ${response.status} and nothing that can be read.`;
  }
}
