import { main, processIo } from "@sequitur/cli";

const [command, ...rest] = process.argv.slice(2);
// `npx sequitur start -- --once` as in `npm start -- --once`: npx hands the dashes on, npm does not.
const words = rest[0] === "--" ? rest.slice(1) : rest;
process.exitCode = await main(command === undefined ? [] : [command, ...words], processIo());
