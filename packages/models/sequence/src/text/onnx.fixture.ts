/** Just enough of the ONNX format (protocol buffers, onnx.proto3) to write models of a node or two by hand. */
type Bytes = readonly number[];

const varint = (value: number): Bytes => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]);
const int = (field: number, value: number): Bytes => [...varint(field * 8), ...varint(value)];
const bytes = (field: number, content: Bytes): Bytes => [
  ...varint(field * 8 + 2),
  ...varint(content.length),
  ...content,
];
const text = (field: number, content: string): Bytes => bytes(field, [...new TextEncoder().encode(content)]);
const [FLOAT, INT64] = [1, 7];

/** ValueInfoProto: a tensor's name, element type and shape; a text stands for a free size. */
function value(name: string, type: number, shape: readonly (number | string)[]): Bytes {
  const sizes = shape.flatMap((size) => bytes(1, typeof size === "string" ? text(2, size) : int(1, size)));
  return [...text(1, name), ...bytes(2, bytes(1, [...int(1, type), ...bytes(2, sizes)]))];
}

/** TensorProto of float32 numbers. */
function constant(name: string, shape: readonly number[], numbers: readonly number[]): Bytes {
  const raw = [...new Uint8Array(Float32Array.from(numbers).buffer)];
  return [...shape.flatMap((size) => int(1, size)), ...int(2, FLOAT), ...text(8, name), ...bytes(9, raw)];
}

function node(operator: string, inputs: readonly string[], output: string, attributes: Bytes = []): Bytes {
  return [...inputs.flatMap((name) => text(1, name)), ...text(2, output), ...text(4, operator), ...attributes];
}

/** What the models below can be. */
export type TinyShape = "tokens" | "sentences" | "another input" | "another output";

/**
 * An encoder whose token vectors are the rows of a table (V, 2): "tokens" gives them (B, L, 2), "sentences" their maximum
 * (B, 2). Of the other two one asks for an input that no text can give, one answers with the ids' table transposed.
 */
export function tinyOnnx(table: readonly (readonly [number, number])[], shape: TinyShape): Uint8Array {
  const input = shape === "another input" ? "pixels" : "input_ids";
  const result: readonly (number | string)[] = shape === "sentences" ? ["B", 2] : ["B", "L", 2];
  const gather = node("Gather", ["table", input], shape === "tokens" || shape === "another input" ? "out" : "gathered");
  // AttributeProto: name, ints or integer, type. INT = 2, INTS = 7.
  const axes = bytes(5, [...text(1, "axes"), ...int(8, 1), ...int(20, 7)]);
  const keep = bytes(5, [...text(1, "keepdims"), ...int(3, 0), ...int(20, 2)]);
  const perm = bytes(5, [...text(1, "perm"), ...int(8, 2), ...int(8, 0), ...int(8, 1), ...int(20, 7)]);
  const more =
    shape === "sentences"
      ? [node("ReduceMax", ["gathered"], "out", [...axes, ...keep])]
      : shape === "another output"
        ? [node("Transpose", ["gathered"], "out", perm)]
        : [];
  const graph = [
    ...[gather, ...more].flatMap((one) => bytes(1, one)),
    ...text(2, "tiny"),
    ...bytes(5, constant("table", [table.length, 2], table.flat())),
    ...bytes(11, value(input, INT64, ["B", "L"])),
    ...bytes(12, value("out", FLOAT, shape === "another output" ? [2, "B", "L"] : result)),
  ];
  // ModelProto: IR version 8, the graph, operators of version 13.
  return Uint8Array.from([...int(1, 8), ...bytes(7, graph), ...bytes(8, [...text(1, ""), ...int(2, 13)])]);
}
