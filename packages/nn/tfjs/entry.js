// What dist/tfjs.js holds; tfjs.d.ts beside it gives the types.
// oxlint-disable-next-line import/no-unassigned-import -- it registers, that is all it does
import "@tensorflow/tfjs-core/dist/register_all_gradients";
export * from "@tensorflow/tfjs-core";
export { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
