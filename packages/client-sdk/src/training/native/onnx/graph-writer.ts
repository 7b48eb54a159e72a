import { onnx } from "./onnx.generated.ts";
import type {
  OnnxAttribute,
  OnnxDimension,
  OnnxGraph,
  OnnxNode,
  OnnxTensor,
  OnnxValueInfo,
} from "./onnx-messages.ts";

/** The operators that graphs are written with: those of ONNX 1.13, with shapes of any size. */
const OPERATOR_SET = 18;
const IR_VERSION = 8;

/** The numbers of the types of values and attributes in the schema. */
const [FLOAT, INT64] = [1, 7];
const [ATTRIBUTE_FLOAT, ATTRIBUTE_INT, ATTRIBUTE_STRING] = [1, 2, 3];
const [ATTRIBUTE_GRAPH, ATTRIBUTE_INTS] = [5, 7];

/** What an operator is set up with. A whole number is an INT, and a `Real` a FLOAT. */
export type Attributes = Readonly<
  Record<string, number | Real | string | readonly number[] | GraphWriter>
>;

/** A number that ONNX wants as a floating-point one, also when it is whole. */
export interface Real {
  readonly real: number;
}

/** A size of a shape: a number, or the name of one that is known only when the graph runs. */
export type Size = number | "batch";

/** An operator with its inputs and its results. */
interface Operator {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly results: readonly string[];
  readonly attributes: Attributes;
}

/**
 * Writes a graph of operators. Values have names, which the methods give. A graph within another one
 * may read the values of that one, and has the constants there.
 */
export class GraphWriter {
  /** The graph that all others are within. */
  readonly #whole: GraphWriter;
  readonly #operators: Operator[] = [];
  readonly #initializers: OnnxTensor[] = [];
  readonly #inputs: OnnxValueInfo[] = [];
  readonly #outputs: OnnxValueInfo[] = [];
  /** Constants by their type, shape and values, so that each is written once. */
  readonly #constants = new Map<string, string>();
  /** Results by their operator and its inputs, so that nothing is computed twice. */
  readonly #results = new Map<string, string>();

  /** The names of the graph's outputs, by those that the values had. */
  readonly #names = new Map<string, string>();
  /** How many operators and arguments there are in this graph and in those within it. */
  #count = 0;

  /** @param outer - The graph that this one is within. */
  constructor(outer?: GraphWriter) {
    this.#whole = outer === undefined ? this : outer.#whole;
  }

  /** Adds an input of the graph, of float32 values. */
  input(name: string, shape: readonly Size[]): string {
    this.#inputs.push(valueInfo(name, shape));
    return name;
  }

  /** Adds an input of a graph within another one, whose shape follows from what is given to it. */
  argument(): string {
    const name = this.#nameOf("argument");
    this.#inputs.push(valueInfo(name));
    return name;
  }

  /** Makes a value an output of a graph within another one. */
  result(value: string): void {
    // What comes in, what lies outside, and what is an output already cannot be one.
    const isOwn = this.#operators.some(({ results }) => results.includes(value));
    const isNew = isOwn && !this.#outputs.some(({ name }) => name === value);
    this.#outputs.push(valueInfo(isNew ? value : this.ops("Identity", [value], {}, 1)[0]!));
  }

  /** Makes a value an output of the graph under a name. */
  output(name: string, value: string, shape: readonly Size[]): void {
    // A result takes the name of the output, which saves a copy of it; an input cannot.
    if (this.#names.has(value) || this.#inputs.some((input) => input.name === value)) {
      this.#names.set(this.op("Identity", [value], {}), name);
    } else this.#names.set(value, name);
    this.#outputs.push(valueInfo(name, shape));
  }

  /** Adds an operator with one result. The same operator on the same inputs is added once. */
  op(type: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const key = JSON.stringify([type, inputs, attributes]);
    const known = this.#results.get(key);
    if (known !== undefined) return known;
    const [result] = this.ops(type, inputs, attributes, 1);
    this.#results.set(key, result!);
    return result!;
  }

  /** Adds an operator with several results. */
  ops(
    type: string,
    inputs: readonly string[],
    attributes: Attributes,
    results: number,
  ): readonly string[] {
    const name = this.#nameOf(type);
    const names = Array.from({ length: results }, (_, i) => (i === 0 ? name : `${name}.${i}`));
    this.#operators.push({ type, inputs, results: names, attributes });
    return names;
  }

  /** @returns A float32 constant with one value, or with those of a shape. */
  floats(values: ArrayLike<number>, shape: readonly number[] = []): string {
    const floats = Float32Array.from(values);
    return this.#constant(FLOAT, shape, new Uint8Array(floats.buffer));
  }

  /** @returns A float32 constant without axes. */
  scalar(value: number): string {
    return this.floats([value]);
  }

  /** @returns A constant of whole numbers, such as a shape. */
  ints(values: readonly number[], shape: readonly number[] = [values.length]): string {
    const ints = BigInt64Array.from(values, BigInt);
    return this.#constant(INT64, shape, new Uint8Array(ints.buffer));
  }

  /** @returns The whole graph as an ONNX model. */
  finish(): Uint8Array {
    return onnx.ModelProto.encode({
      irVersion: IR_VERSION,
      producerName: "tributary",
      opsetImport: [{ domain: "", version: OPERATOR_SET }],
      graph: this.#graph("step"),
    }).finish();
  }

  #graph(name: string): OnnxGraph {
    return {
      ...{ name, node: this.#operators.map((operator) => this.#node(operator)) },
      ...{ initializer: this.#initializers, input: this.#inputs, output: this.#outputs },
    };
  }

  #node({ type, inputs, results, attributes }: Operator): OnnxNode {
    const named = (value: string): string => this.#whole.#names.get(value) ?? value;
    const attributeOf = ([name, value]: [string, Attributes[string]]): OnnxAttribute =>
      value instanceof GraphWriter
        ? { name, type: ATTRIBUTE_GRAPH, g: value.#graph(name) }
        : plainAttribute(name, value);
    return {
      ...{ name: results[0]!, opType: type, input: inputs.map(named), output: results.map(named) },
      attribute: Object.entries(attributes).map(attributeOf),
    };
  }

  #nameOf(what: string): string {
    return `${what} ${this.#whole.#count++}`;
  }

  #constant(dataType: number, shape: readonly number[], rawData: Uint8Array): string {
    const key = `${dataType} ${shape.join()} ${Buffer.from(rawData).toString("latin1")}`;
    const constants = this.#whole.#constants;
    let name = constants.get(key);
    if (name === undefined) {
      name = `constant ${constants.size}`;
      constants.set(key, name);
      this.#whole.#initializers.push({ name, dims: shape, dataType, rawData });
    }
    return name;
  }
}

function plainAttribute(
  name: string,
  value: Exclude<Attributes[string], GraphWriter>,
): OnnxAttribute {
  if (typeof value === "number") return { name, type: ATTRIBUTE_INT, i: value };
  if (typeof value === "string") {
    return { name, type: ATTRIBUTE_STRING, s: new TextEncoder().encode(value) };
  }
  if ("real" in value) return { name, type: ATTRIBUTE_FLOAT, f: value.real };
  return { name, type: ATTRIBUTE_INTS, ints: value };
}

function valueInfo(name: string, shape?: readonly Size[]): OnnxValueInfo {
  const dim = shape?.map((size): OnnxDimension =>
    typeof size === "number" ? { dimValue: size } : { dimParam: size },
  );
  return { name, type: { tensorType: { elemType: FLOAT, ...(dim && { shape: { dim } }) } } };
}

/** @returns A shape whose first size is open, as a reshaping wants it. */
export const anyOf = (shape: readonly number[]): readonly number[] => [-1, ...shape];
