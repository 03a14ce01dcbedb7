import { PlatformError, type ErrorCode } from "@sequitur/core";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "@hono/zod-openapi";

/** The only place where codes of the platform become statuses of HTTP. */
const STATUS: Readonly<Record<ErrorCode, ContentfulStatusCode>> = {
  "bad-config": 400,
  "bad-data": 400,
  "bad-artifact": 422,
  "not-found": 404,
  diverged: 500,
  cancelled: 503,
  unavailable: 503,
  "out-of-memory": 503,
};

/** Codes of refusals that only HTTP knows. */
export const HTTP_CODES = {
  "bad-request": 400,
  unauthenticated: 401,
  forbidden: 403,
  "not-found": 404,
  conflict: 409,
  "too-large": 413,
  "unsupported-media-type": 415,
  "too-many-requests": 429,
  internal: 500,
  "timed-out": 503,
} as const satisfies Record<string, ContentfulStatusCode>;
export type HttpCode = keyof typeof HTTP_CODES;

/** A refusal with its own status, where no PlatformError fits. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly code: HttpCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly issues: readonly Issue[];

  constructor(
    code: HttpCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
    issues: readonly Issue[] = [],
  ) {
    super(message);
    this.code = code;
    this.headers = headers;
    this.issues = issues;
  }
}

/** One thing wrong with a request. */
export interface Issue {
  /** Where, such as events.3.userId. */
  readonly path: string;
  readonly message: string;
}

/** More issues than anyone reads are cut. */
const MOST_ISSUES = 20;

/** The refusal of a request that its schema does not take. */
export function validationProblem(target: string, error: z.ZodError): HttpProblem {
  const issues = error.issues
    .slice(0, MOST_ISSUES)
    .map(({ path, message }) => ({ path: path.map(String).join("."), message }));
  const first = issues[0];
  const where = first === undefined || first.path === "" ? target : first.path;
  return new HttpProblem("bad-request", `${where}: ${first?.message ?? "not as expected"}`, {}, issues);
}

export const issueSchema = z
  .object({
    path: z.string().openapi({ description: "where in the request, such as events.3.userId" }),
    message: z.string(),
  })
  .openapi("Issue");

/** Every answer that is not a success. */
export const problemSchema = z
  .object({
    error: z.object({
      code: z.string().openapi({ description: "stable, for programs", example: "not-found" }),
      message: z.string().openapi({ description: "what was expected and what came, for people" }),
      requestId: z.string().openapi({ description: "the X-Request-Id of this answer; quote it when you ask for help" }),
      issues: z.array(issueSchema).optional(),
    }),
  })
  .openapi("Problem");
export type Problem = z.infer<typeof problemSchema>;

/** What the outside sees of an error. What broke inside is logged and never told. */
export interface Told {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly issues?: readonly Issue[];
}

const NOT_READY = "the service cannot answer just now; try again shortly.";

/** Maps any error to what may be told. A message is passed on only when it speaks of the request. */
export function toldOf(error: unknown): Told {
  if (error instanceof HttpProblem) {
    const { code, message, headers, issues } = error;
    return { status: HTTP_CODES[code], code, message, headers, ...(issues.length > 0 && { issues }) };
  }
  if (error instanceof PlatformError) {
    const status = STATUS[error.code];
    if (status < 500) return { status, code: error.code, message: error.message, headers: {} };
    const headers = status === 503 ? { "retry-after": "1" } : undefined;
    return { status, code: error.code, message: NOT_READY, headers: headers ?? {} };
  }
  return { status: 500, code: "internal", message: "something went wrong on our side.", headers: {} };
}
