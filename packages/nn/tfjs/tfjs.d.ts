export * from "@tensorflow/tfjs-core";
export { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
