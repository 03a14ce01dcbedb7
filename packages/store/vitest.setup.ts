export { setup } from "./src/testing/engines-setup.js";
