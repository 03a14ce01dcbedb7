export { setup } from "@sequitur/store/testing-setup";
