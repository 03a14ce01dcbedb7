import { $, OpenAPIHono } from "@hono/zod-openapi";
import { Random } from "@sequitur/core";
import type { Store } from "@sequitur/store";
import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import { cors } from "hono/cors";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Logger } from "pino";
import type { ApiEnv } from "./http/api-env.js";
import { answerTimeout } from "./http/answer-timeout.js";
import { authentication } from "./http/authentication.js";
import { bodyGuard } from "./http/body-guard.js";
import { HttpProblem, toldOf, validationProblem } from "./http/problem.js";
import { addressLimit, type AddressOf } from "./http/rate-limit.js";
import { requestLog } from "./http/request-log.js";
import { securityHeaders } from "./http/security-headers.js";
import { ApiMetrics } from "./metrics/api-metrics.js";
import type { ModelSource } from "./models/model-source.js";
import { eventRoutes } from "./routes/event-routes.js";
import { experimentRoutes } from "./routes/experiment-routes.js";
import { healthRoutes } from "./routes/health-routes.js";
import { itemRoutes } from "./routes/item-routes.js";
import { keyRoutes } from "./routes/key-routes.js";
import { modelRoutes } from "./routes/model-routes.js";
import { overviewRoutes } from "./routes/overview-routes.js";
import { pageRoutes, type Pages } from "./routes/page-routes.js";
import { previewRoutes } from "./routes/preview-routes.js";
import { recommendationRoutes } from "./routes/recommendation-routes.js";
import { referenceRoutes } from "./routes/reference-routes.js";
import { sessionRoutes } from "./routes/session-routes.js";
import { similarRoutes } from "./routes/similar-routes.js";
import { slateRoutes } from "./routes/slate-routes.js";
import { userRoutes } from "./routes/user-routes.js";
import { itemPatchRowSchema, itemRowSchema, userRowSchema } from "./schemas/catalog-schemas.js";
import { eventSchema } from "./schemas/event-schemas.js";
import { Serving } from "./serving/serving.js";
import type { ApiSettings } from "./settings.js";

export interface ApiParts {
  readonly store: Store;
  readonly source: ModelSource;
  readonly settings: ApiSettings;
  readonly logger: Logger;
  readonly metrics?: ApiMetrics;
  /** Where a request comes from; one address for all when absent. */
  readonly addressOf?: AddressOf;
  /** Pages that are shown at /; none when absent. */
  readonly pages?: Pages | undefined;
}

/** The API without a server around it. */
export interface Api {
  readonly app: ReturnType<typeof routes>;
  readonly serving: Serving;
  /** From now on /readyz says no. */
  drain(): void;
}

/** Makes the app; `serving.start()` then reads items and models. */
export function createApi(parts: ApiParts): Api {
  const { store, source, settings, logger, metrics = new ApiMetrics(), addressOf = () => "unknown" } = parts;
  const random = new Random(settings.slateSeed);
  const serving = new Serving({ store, source, settings, metrics, logger, random });
  let draining = false;
  const base = baseApp(parts, serving, addressOf);
  const app = routes(base, serving, () => draining);
  describe(app);
  if (parts.pages !== undefined) pageRoutes(app, parts.pages);
  return { app, serving, drain: () => (draining = true) };
}

function baseApp({ settings, store, logger }: ApiParts, serving: Serving, addressOf: AddressOf): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw validationProblem(result.target, result.error);
    },
  });
  app.onError((error, c) => tell(error, c, logger));
  app.notFound((c) => tell(new HttpProblem("not-found", `there is nothing at ${c.req.method} here.`), c, logger));
  app.use(requestLog(logger, serving.metrics, randomUUID));
  app.use(securityHeaders);
  if (settings.corsOrigins.length > 0) app.use(cors({ origin: settings.corsOrigins, maxAge: 600 }));
  app.use("/v1/*", answerTimeout(settings.answerTimeoutMs));
  const limits = { perKey: settings.requestsPerSecondPerKey, perAddress: settings.requestsPerSecondPerAddress };
  const authenticate = authentication(store, limits, addressOf);
  app.use("/v1/*", authenticate, ...bodyGuard(settings.maxBodyBytes));
  app.on("POST", "/session", addressLimit(limits, addressOf), ...bodyGuard(settings.maxBodyBytes));
  app.on(["GET", "DELETE"], "/session", authenticate);
  app.use("/metrics", authenticate);
  return app;
}

function routes(base: OpenAPIHono<ApiEnv>, serving: Serving, isDraining: () => boolean) {
  return $(
    base
      .route("/", eventRoutes(sub(), serving))
      .route("/", recommendationRoutes(sub(), serving))
      .route("/", slateRoutes(sub(), serving))
      .route("/", userRoutes(sub(), serving))
      .route("/", itemRoutes(sub(), serving))
      .route("/", similarRoutes(sub(), serving))
      .route("/", previewRoutes(sub(), serving))
      .route("/", overviewRoutes(sub(), serving))
      .route("/", modelRoutes(sub(), serving))
      .route("/", experimentRoutes(sub(), serving))
      .route("/", keyRoutes(sub(), serving))
      .route("/", sessionRoutes(sub(), serving))
      .route("/", healthRoutes(sub(), serving, isDraining)),
  );
}

function sub(): OpenAPIHono<ApiEnv> {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw validationProblem(result.target, result.error);
    },
  });
}

/** The document, from the schemas that check the requests, and the page that shows it. */
function describe(app: OpenAPIHono<ApiEnv>): void {
  // Rows of a batch are checked one by one, so that no route names their schema.
  app.openAPIRegistry.register("Event", eventSchema);
  app.openAPIRegistry.register("ItemRow", itemRowSchema);
  app.openAPIRegistry.register("ItemPatchRow", itemPatchRowSchema);
  app.openAPIRegistry.register("UserRow", userRowSchema);
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer" });
  const about = {
    openapi: "3.1.0",
    info: {
      title: "Sequitur API",
      version: "1",
      description:
        "Events in, recommendations out, feedback in. Ask for what comes next for a user, a session or a place.",
    },
  };
  // Made once: it takes a while, and anybody may ask for it.
  let document: object | undefined;
  app.get("/openapi.json", (c) => c.json((document ??= app.getOpenAPI31Document(about))));
  referenceRoutes(app);
}

function tell(error: unknown, c: Context<ApiEnv>, logger: Logger) {
  const { status, code, message, headers, issues } = toldOf(error);
  const requestId = c.get("requestId") ?? "";
  if (status >= 500) logger.error({ err: error, requestId }, "a request failed");
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
  const body = { error: { code, message, requestId, ...(issues && { issues }) } };
  return c.json(body, status satisfies ContentfulStatusCode);
}
