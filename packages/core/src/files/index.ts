export {
  cannotWrite,
  moveIntoPlace,
  placeAtomically,
  probeFolder,
  writeAtomically,
  writeTogether,
} from "./atomic-file.js";
