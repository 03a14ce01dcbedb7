export { tf } from "./tensors.js";
