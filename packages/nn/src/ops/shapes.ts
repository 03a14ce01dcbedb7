import { PlatformError } from "@sequitur/core";
import { type tf } from "../tensors.js";

/** Throws unless the tensor has the shape; -1 stands for any size. */
export function checkShape(what: string, tensor: tf.Tensor, shape: readonly number[]): void {
  const fits = tensor.shape.length === shape.length && shape.every((n, i) => n === -1 || n === tensor.shape[i]);
  if (!fits) throw new PlatformError("bad-data", `${what} must have shape [${shape}], got [${tensor.shape}].`);
}

export function checkInt(what: string, tensor: tf.Tensor): void {
  if (tensor.dtype !== "int32") throw new PlatformError("bad-data", `${what} must be int32, got ${tensor.dtype}.`);
}

/** Size of the last axis. */
export function lastAxis(tensor: tf.Tensor): number {
  return tensor.shape.at(-1) ?? 1;
}

/** How many rows of the last axis there are: the product of the other axes. */
export function rowCount(tensor: tf.Tensor): number {
  let rows = 1;
  for (let axis = 0; axis < tensor.shape.length - 1; axis++) rows *= tensor.shape[axis];
  return rows;
}
