import { partFiles } from "@sequitur/data";
import type { Command } from "commander";
import { existsSync, statSync } from "node:fs";
import { inputFiles } from "../arguments/input-files.js";

/** Flags that name the files of a split that the data come with. */
export interface PartFlags {
  readonly validation?: readonly string[];
  readonly test?: readonly string[];
}

/** Files by the part that each holds; all are training where the data come in one part. */
export interface FilesByPart {
  readonly files: readonly string[];
  readonly validation: readonly string[];
  readonly test: readonly string[];
}

/** Adds --validation and --test. */
export function withPartOptions(command: Command): Command {
  return command
    .option("--validation <files...>", "tables with the validation part of the data's own split")
    .option("--test <files...>", "tables with its test part: the files are then the training part");
}

/**
 * The files of each part, as the flags say, or as the names do in a folder that is given alone (`train.csv`, `valid.csv`,
 * `test.csv`); a folder without such names is one table.
 */
export async function filesByPart(
  given: readonly string[],
  files: readonly string[],
  { validation = [], test = [] }: PartFlags,
): Promise<FilesByPart> {
  const [folder = ""] = given;
  const isFolder = given.length === 1 && existsSync(folder) && statSync(folder).isDirectory();
  const named = isFolder && validation.length + test.length === 0 ? partFiles(folder, files) : undefined;
  if (named !== undefined) return { files: named.train, validation: named.validation, test: named.test };
  return { files, validation: await inputFiles(validation), test: await inputFiles(test) };
}
