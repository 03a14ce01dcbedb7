export { openStore } from "./connection/open-store.js";
export type { StoreOptions } from "./connection/store-options.js";
export type { Change, Store, TransactionOptions } from "./connection/store.js";
export { grouped } from "./connection/grouped.js";
export { pingStore } from "./connection/ping.js";
export { DEFAULT_KIND, eventProblem, type Event, type EventResult } from "./events/event.js";
export { appendEvents, type AppendOptions } from "./events/append-events.js";
export { userHistory, type HistoryAsk, type HistoryEntry, type HistoryOptions } from "./events/user-history.js";
export { readCatalog, readInteractions, type LogOptions, type ReadOptions } from "./events/read-interactions.js";
export { importInteractions, type ImportOptions, type ImportResult } from "./events/import-interactions.js";
export { exportInteractions } from "./events/export-interactions.js";
export { getUsers, upsertUsers, type StoredUser, type UserRecord } from "./entities/users.js";
export { deleteItems, getItems, readItems, upsertItems, type ItemRecord, type StoredItem } from "./entities/items.js";
export { userAttributeTypes } from "./entities/user-attribute-types.js";
export { eraseUser, type Erasure } from "./entities/erase-user.js";
export { mergeUsers, type Merge } from "./entities/merge-users.js";
export { patchItems, type ItemPatch, type PatchResult } from "./entities/patch-items.js";
export { patchUsers } from "./entities/patch-users.js";
export { listItems, type ItemListOptions, type Page } from "./entities/list-items.js";
export { listUsers, type UserListOptions } from "./entities/list-users.js";
export { itemProblem } from "./entities/item-problem.js";
export { deleteEvents, type EventChoice } from "./events/delete-events.js";
export { recordRequests, type Impression, type RequestRecord } from "./serving/requests.js";
export { eachSlate, readSlates, type ShownItem, type ShownSlate, type SlateOptions } from "./serving/read-slates.js";
export { slateLogOf } from "./serving/slate-log.js";
export { NO_CHOICE, recordFeedback, type Feedback, type FeedbackOptions } from "./serving/feedback.js";
export {
  lastOutcome,
  readOutcomes,
  readPolicyState,
  savePolicyState,
  type PolicyState,
  type SlateOutcome,
} from "./serving/slate-outcomes.js";
export {
  DEFAULT_SLOT,
  activateModelVersion,
  getModelVersion,
  listModelSlots,
  listModelVersions,
  listStandingVersions,
  registerModelVersion,
  rollBackModelVersion,
  shadowModelVersion,
  type ModelSlot,
  type ModelVersion,
  type ModelVersionRecord,
} from "./serving/model-versions.js";
export {
  changeExperiment,
  createExperiment,
  getExperiment,
  listExperiments,
  startExperiment,
  stopExperiment,
  type Arm,
  type Experiment,
  type ExperimentRecord,
  type SettingsChange,
} from "./serving/experiments.js";
export {
  assignArm,
  experimentOutcomes,
  hashArm,
  takesPart,
  type Participation,
  type UserOutcome,
} from "./serving/assignments.js";
export { createApiKey, listApiKeys, openSession, revokeApiKey, verifyApiKey, type ApiKey } from "./serving/api-keys.js";
export {
  askerCounts,
  newestEventTime,
  recentUsers,
  requestsOverTime,
  shownItems,
  type AskerCounts,
  type RequestBucket,
  type RequestWindow,
} from "./serving/request-statistics.js";
export {
  armRewards,
  experimentRows,
  sessionOutcomes,
  type ArmReward,
  type ExperimentRow,
} from "./serving/experiment-rows.js";
export { readVectors, writeVectors, type Vectors } from "./serving/vectors.js";
export {
  featureValueSchema,
  featureView,
  featureViewSchema,
  type FeatureValueOf,
  type FeatureView,
  type FeatureViewInput,
  type LastEntry,
} from "./features/feature-view.js";
export { refreshFeatures, registerFeatures, type Refresh, type RefreshOptions } from "./features/refresh-features.js";
export { backfillFeatures, type BackfillOptions } from "./features/backfill-features.js";
export {
  featureFreshness,
  readItemFeatures,
  readUserFeatures,
  type FeatureReading,
  type FeatureRow,
  type FeatureStatus,
  type Freshness,
} from "./features/read-features.js";
export { trainingFeatures, type Label, type TrainingColumn, type TrainingRead } from "./features/training-features.js";
export { readSignals, writeSignals } from "./settings/signals.js";
