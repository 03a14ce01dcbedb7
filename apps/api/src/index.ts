export { createApi, type Api, type ApiParts } from "./app.js";
export { startApi, type RunningApi, type ServeOptions } from "./server.js";
export { apiClient, sessionClient, type ApiRoutes } from "./client.js";
export type { Pages } from "./routes/page-routes.js";
export { apiSettingsSchema, type ApiSettings } from "./settings.js";
export { ApiMetrics } from "./metrics/api-metrics.js";
export { artifactFolder, type ModelSource } from "./models/model-source.js";
export { SCOPES, type Scope } from "./http/principal.js";
export { SLOTS, type Slot } from "./schemas/admin-schemas.js";
export {
  checkTraining,
  FALLBACKS,
  trainFromStore,
  type TrainedVersion,
  type TrainRequest,
} from "./offline/train-from-store.js";
export { serveFitted, type FittedRequest } from "./offline/serve-fitted.js";
export type { Measure, Validation, ValidationRow } from "./offline/validate-version.js";
export { exportStore, type ExportRequest } from "./offline/export-store.js";
export { apiLogger, LOG_LEVELS, type LogLevel } from "./api-logger.js";
export { POSITIVE_FEEDBACK } from "./serving/positive-feedback.js";
