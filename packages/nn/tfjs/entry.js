// What dist/tfjs.js holds; tfjs.d.ts beside it gives the types. The first two register, that is all they do.
// oxlint-disable import/no-unassigned-import
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops";
export * from "@tensorflow/tfjs-core";
export { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
