import { importFlags, profileFile, quoted, type FileProfile } from "@sequitur/data";
import type { Command } from "commander";
import { nameAfter } from "../arguments/dataset-name.js";
import { inputFiles } from "../arguments/input-files.js";
import type { Io } from "../io.js";
import { withProgress } from "../progress/progress-view.js";
import { textTable } from "../text-table.js";
import { filesByPart, type PartFlags } from "./part-options.js";
import { withExamples, withSharedOptions, type SharedOptions } from "./shared-options.js";
import { shapeOf, withShapeOptions, type ShapeFlags } from "./table-options.js";

type Options = SharedOptions & ShapeFlags;

/** `sequitur data profile FILE`. */
export function dataProfileCommand(data: Command, io: Io): void {
  const command = data
    .command("profile")
    .description("look at a file: its columns, a mapping that fits, what looks wrong, and the command that imports it")
    .argument("<file>", "a table of interactions, or a folder of parts");
  withShapeOptions(command);
  withExamples(withSharedOptions(command, "the profile"), [
    "sequitur data profile clicks.csv",
    "sequitur data profile events.parquet --json",
  ]);
  command.action(async (file: string, options: Options) => {
    const { files } = await filesByPart([file], await inputFiles([file]), {});
    const profile = await withProgress(io, options.quiet === true, (report) =>
      profileFile(files[0]!, shapeOf(options), { report, signal: io.signal }),
    );
    if (options.json === true) {
      io.stdout.write(`${JSON.stringify({ ...profile, command: importCommandOf(file, profile) }, null, 2)}\n`);
      return;
    }
    io.stdout.write(profileText(profile, file, io.stdout.columns ?? 120));
  });
}

/** The command that imports a file by the proposal of its profile. */
export function importCommandOf(
  file: string,
  { proposal, options }: FileProfile,
  { validation = [], test = [] }: PartFlags = {},
): string {
  const parts = Object.entries({ validation, test }).flatMap(([flag, files]) =>
    files.length === 0 ? [] : [`--${flag}`, ...files.map(quoted)],
  );
  const flags = [importFlags(proposal, options), ...parts, "--name", nameAfter(file)];
  return `sequitur data import ${quoted(file)} ${flags.join(" ")}`;
}

function profileText(profile: FileProfile, file: string, width: number): string {
  const { kind, rows, isCut, columns, proposal, stats, problems } = profile;
  const roles = new Map(
    proposal.pairs.flatMap(([role, names]) => names.split("+").map((name) => [name, role] as const)),
  );
  const table = columns.map(({ name, type, distinct, empty, examples }, index) => {
    const role = roles.get(name) ?? roles.get(`#${index + 1}`) ?? "";
    return [name, type, String(distinct), String(empty), role, examples.join(", ")];
  });
  const lines = [`${file}: ${kind}, ${isCut ? `the first ${rows} rows` : `${rows} rows`}`, ""];
  const found =
    stats === undefined
      ? []
      : [
          "",
          `This gives ${stats.users} users, ${stats.items} items and ${stats.interactions} interactions` +
            (proposal.pairs.some(([role]) => role === "order")
              ? "."
              : `, ${day(stats.firstTime)} to ${day(stats.lastTime)}.`),
        ];
  const wrong = problems.length === 0 ? [] : ["", "Look at:", ...problems.map((problem) => `  - ${problem}`)];
  const next = ["", "Import it with:", `  ${importCommandOf(file, profile)}`, ""];
  const header = ["column", "type", "distinct", "empty", "taken as", "examples"];
  return `${lines.join("\n")}\n${textTable([header, ...table], width)}${[...found, ...wrong, ...next].join("\n")}`;
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
