// What dist/tfjs.js holds; tfjs.d.ts beside it gives the types.
import "@tensorflow/tfjs-core/dist/register_all_gradients";
export * from "@tensorflow/tfjs-core";
export { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
