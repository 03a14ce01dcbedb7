import { basename } from "node:path";

/** The name of a data set made of a file: `My Clicks.csv.gz` -> `my-clicks`. */
export function nameAfter(file: string): string {
  const plain = basename(file).toLowerCase().replace(/\..*$/, "");
  return plain.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "") || "import";
}
