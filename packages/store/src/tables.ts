import type { Generated } from "kysely";

/** The columns as queries see them: instants are ms since the epoch, UTC (see `column-types`), jsonb is parsed. */
export interface Tables {
  users: {
    user_key: Generated<number>;
    user_id: string;
    attributes: Record<string, unknown>;
    created_at: Generated<number>;
    updated_at: Generated<number>;
    written_by_import: Generated<boolean>;
  };
  items: {
    item_key: Generated<number>;
    item_id: string;
    title: string;
    categories: string[];
    texts: Record<string, string>;
    attributes: Record<string, unknown>;
    latitude: number | null;
    longitude: number | null;
    opening_hours: string;
    time_zone: string;
    available_from: number | null;
    available_until: number | null;
    deleted_at: number | null;
    created_at: Generated<number>;
    updated_at: Generated<number>;
    written_by_import: Generated<boolean>;
    in_catalog: Generated<boolean>;
    hidden: Generated<boolean>;
  };
  model_versions: {
    version_id: Generated<number>;
    model: string;
    version: number;
    digest: string;
    location: string;
    config: unknown;
    metrics: Record<string, number>;
    data_fingerprint: string;
    created_at: number;
    fit: Generated<Record<string, unknown>>;
    validation: Generated<Record<string, unknown> | null>;
    learned_to: Generated<number>;
  };
  model_slots: {
    slot: string;
    active_version: number | null;
    shadow_version: number | null;
    updated_at: number;
  };
  model_activations: {
    activation_id: Generated<number>;
    slot: string;
    version_id: number;
    reason: string;
    activated_at: number;
    rolled_back_at: number | null;
  };
  experiments: {
    experiment_id: string;
    description: string;
    status: "draft" | "running" | "stopped";
    salt: string;
    settings: Record<string, unknown>;
    created_at: number;
    started_at: number | null;
    stopped_at: number | null;
  };
  arms: {
    experiment_id: string;
    arm: string;
    position: number;
    weight: number;
    model_version: number | null;
    policy: string;
    settings: Record<string, unknown>;
  };
  api_keys: {
    key_id: string;
    name: string;
    scopes: string[];
    secret_hash: Buffer;
    created_at: number;
    expires_at: number | null;
    revoked_at: number | null;
    last_used_at: number | null;
    opened_by: string | null;
  };
  feature_definitions: {
    feature_id: Generated<number>;
    name: string;
    entity: string;
    definition: unknown;
    refreshed_to: number | null;
    seen_seq: number | null;
    created_at: Generated<number>;
  };
}
