import { isUtf8 } from "node:buffer";

/** The exact decimal `whole` / 10^scale as text without zeros at its end: 17.00 is "17". */
export function decimalText(whole: bigint, scale: number): string {
  const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, "0");
  const split = digits.length - scale;
  const fraction = digits.slice(split).replace(/0+$/, "");
  return `${whole < 0n ? "-" : ""}${digits.slice(0, split)}${fraction === "" ? "" : `.${fraction}`}`;
}

/** Bytes as text when they are UTF-8, else as hex digits. */
export function binaryText(bytes: Uint8Array): string {
  return isUtf8(bytes) ? viewOf(bytes).toString("utf8") : viewOf(bytes).toString("hex");
}

export function hexText(bytes: Uint8Array): string {
  return viewOf(bytes).toString("hex");
}

/** A time of day as text, so that nobody takes it for an instant of 1970. */
export function timeOfDayText(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23);
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
