import { fileURLToPath } from "node:url";

/** The built pages, for an API to show. */
export const DASHBOARD_PAGES = {
  /** index.html and the files that it names. */
  folder: fileURLToPath(new URL("../dist/pages/", import.meta.url)),
  /** Of the one style that Observable Plot puts into each chart with the class name "plot"; no other may be inline. */
  styleHashes: ["sha256-+TfQir1nvDucAdvE6XUQBt4ayUjpAWkbw2kCdSfekHM="],
} as const;
