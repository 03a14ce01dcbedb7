export { main } from "./main.js";
export { processIo } from "./process-io.js";
export type { Io, TextOutput } from "./io.js";
