import type { ErrorCode, Progress } from "@sequitur/core";

/** What a child process tells its parent; it ends after "done" or "failed". */
export type ChildMessage =
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly message: string };
