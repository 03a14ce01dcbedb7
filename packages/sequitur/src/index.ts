export { PlatformError } from "@sequitur/core";
