// The messages of onnx.proto, as protobufjs takes them.

/** A number, text, list or graph that an operator is set up with. */
export interface OnnxAttribute {
  readonly name: string;
  readonly type: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly g?: OnnxGraph;
  readonly floats?: readonly number[];
  readonly ints?: readonly number[];
}

/** One operator. An input without a name is left out. */
export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly OnnxAttribute[];
}

/** A constant. */
export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  /** The values in little-endian order. */
  readonly rawData: Uint8Array;
}

/** An input or an output of a graph, whose shape may be left out in the body of a loop. */
export interface OnnxValueInfo {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape?: { readonly dim: readonly OnnxDimension[] };
    };
  };
}

/** One size of a shape. One that is a text is open. */
export type OnnxDimension = { readonly dimValue: number } | { readonly dimParam: string };

/** A graph of operators. */
export interface OnnxGraph {
  readonly name: string;
  readonly node: readonly OnnxNode[];
  readonly initializer: readonly OnnxTensor[];
  readonly input: readonly OnnxValueInfo[];
  readonly output: readonly OnnxValueInfo[];
}

/** A whole model. */
export interface OnnxModel {
  readonly irVersion: number;
  readonly producerName: string;
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
  readonly graph: OnnxGraph;
}

/** The part of `onnx.generated.ts` that is used: the generated code has no types of its own. */
export interface OnnxMessages {
  readonly ModelProto: { encode(model: OnnxModel): { finish(): Uint8Array } };
}
