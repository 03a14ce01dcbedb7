import { type tf } from "../tensors.js";
import { type MergedRows } from "../training/merge-rows.js";
import { type UpdateRule, type UpdateStep } from "./update-rule.js";

export function fusedDenseUpdate(
  _rule: UpdateRule,
  _w: tf.Variable,
  _slots: readonly tf.Variable[],
  _gradient: tf.Tensor,
  _scale: number,
  _step: UpdateStep,
): boolean {
  return false;
}
export function fusedRowUpdate(
  _rule: UpdateRule,
  _w: tf.Variable,
  _slots: readonly tf.Variable[],
  _merged: MergedRows,
  _scale: number,
  _step: UpdateStep,
): boolean {
  return false;
}
export function fusedAverage(_average: tf.Variable, _weights: tf.Variable, _decay: number): boolean {
  return false;
}
