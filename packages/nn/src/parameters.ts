import { PlatformError, type Random, type Tensor } from "@sequitur/core";
import { type Initializer } from "./initializers.js";
import { forgetRowGradients, trackRowGradients } from "./row-gradients.js";
import { tf } from "./tensors.js";

export interface ParameterOptions {
  /**
   * The gradient of this table is kept as rows, and only rows that a step touched are updated. For tables of which a
   * batch reads few rows; its loss must be a sampled one. Default false.
   */
  readonly sparse?: boolean;
  /** Weight decay leaves this parameter alone, as it should biases and norms. Default: true for vectors. */
  readonly noDecay?: boolean;
}

export interface Parameter {
  readonly name: string;
  readonly variable: tf.Variable;
  readonly sparse: boolean;
  readonly noDecay: boolean;
}

/** Where a layer makes its parameters; names are joined by dots. */
export interface Scope {
  /** A new float32 variable; its values depend on the seed and its full name only. */
  create(name: string, shape: readonly number[], initializer: Initializer, options?: ParameterOptions): tf.Variable;
  /** The scope `name` within this one. */
  scope(name: string): Scope;
}

/**
 * The named weights of a network, in order of creation. Each draws from its own fork of `random`, so that a new layer
 * never changes the start of an old one.
 */
export class Parameters implements Scope {
  private readonly byName = new Map<string, Parameter>();
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  create(
    name: string,
    shape: readonly number[],
    initializer: Initializer,
    options: ParameterOptions = {},
  ): tf.Variable {
    if (this.byName.has(name)) throw new PlatformError("bad-config", `parameter ${name} exists already.`);
    const size = shape.reduce((product, length) => product * length, 1);
    const values = initializer(size, shape, this.random.fork(name));
    const variable = tf.tidy(() => tf.variable(tf.tensor(values, [...shape], "float32")));
    const sparse = options.sparse ?? false;
    if (sparse) trackRowGradients(variable);
    this.byName.set(name, { name, variable, sparse, noDecay: options.noDecay ?? shape.length < 2 });
    return variable;
  }

  scope(prefix: string): Scope {
    return {
      create: (name, shape, initializer, options) => this.create(`${prefix}.${name}`, shape, initializer, options),
      scope: (name) => this.scope(`${prefix}.${name}`),
    };
  }

  get(name: string): Parameter {
    const parameter = this.byName.get(name);
    if (parameter === undefined) {
      throw new PlatformError("not-found", `no parameter ${name}; there are ${[...this.byName.keys()].join(", ")}.`);
    }
    return parameter;
  }

  /** In order of creation. */
  all(): readonly Parameter[] {
    return [...this.byName.values()];
  }

  /** How many numbers all parameters hold together. */
  count(): number {
    return this.all().reduce((sum, { variable }) => sum + variable.size, 0);
  }

  /** A copy of every parameter by name, as an artifact or a checkpoint stores it. */
  snapshot(): Map<string, Tensor> {
    const tensors = new Map<string, Tensor>();
    for (const { name, variable } of this.byName.values()) {
      tensors.set(name, { shape: variable.shape, data: (variable.dataSync() as Float32Array).slice() });
    }
    return tensors;
  }

  /** Takes the values of a snapshot; every parameter must be there with its shape, and nothing else. */
  restore(tensors: ReadonlyMap<string, Tensor>, where: string): void {
    for (const { name, variable } of this.byName.values()) {
      const tensor = tensors.get(name);
      if (!(tensor?.data instanceof Float32Array) || !sameShape(tensor.shape, variable.shape)) {
        const came = tensor === undefined ? "none" : `${tensor.data.constructor.name} [${tensor.shape}]`;
        throw new PlatformError(
          "bad-artifact",
          `${where}: parameter ${name} must be Float32Array [${variable.shape}], got ${came}.`,
        );
      }
    }
    for (const name of tensors.keys()) {
      if (!this.byName.has(name)) throw new PlatformError("bad-artifact", `${where}: unknown parameter ${name}.`);
    }
    for (const { name, variable } of this.byName.values()) assignValues(variable, tensors.get(name)!);
  }

  dispose(): void {
    for (const { variable } of this.byName.values()) {
      forgetRowGradients(variable);
      variable.dispose();
    }
    this.byName.clear();
  }
}

/** Sets a variable from plain values of its own shape. */
export function assignValues(variable: tf.Variable, tensor: Tensor): void {
  const values = tf.tensor(tensor.data, [...tensor.shape], "float32");
  variable.assign(values);
  values.dispose();
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
