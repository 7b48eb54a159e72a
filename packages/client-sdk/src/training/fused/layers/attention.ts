import type { Address } from "@tributary/protocol";
import type { LayerOperation } from "../compile/layer-node.ts";
import { after, corner, matrix, ZEROS, type Matrix } from "../kernels/matrix.ts";
import { MATMUL_SCRATCH, type Product } from "../kernels/multiply-kernels.ts";
import { attentionSpans, type Span } from "./attention-spans.ts";
import { decidedMask, undecidedMask } from "./dropout-mask.ts";
import type { FusedLayer, LayerContext, NodeValues } from "./layer.ts";

/** A product, and its sizes. */
interface SizedProduct {
  readonly product: Product;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** The products of one head of one example, each in one part or several. */
interface Head {
  /** The keys and the values of the head, which are transposed, and where to. */
  readonly keys: Matrix;
  readonly values: Matrix;
  readonly turnedKeys: Matrix;
  readonly turnedValues: Matrix;
  /** scores = Q · Kᵀ, and y = weights · V. */
  readonly toScores: readonly SizedProduct[];
  readonly toOutput: readonly SizedProduct[];
  /** The gradients: of the weights, and from it and the scores' those of Q, K and V. */
  readonly toWeights: readonly SizedProduct[];
  readonly toQueries: readonly SizedProduct[];
  readonly toKeys: readonly SizedProduct[];
  readonly toValues: readonly SizedProduct[];
}

/**
 * Builds the attention of several heads (arXiv:1706.03762, section 3.2): for each head, y =
 * softmax(Q · Kᵀ / √size) · V. The inputs are the queries, the keys and the values of all heads; a
 * head is some neighbouring columns of each of them. With a causal mask, a moment attends to itself
 * and to earlier moments only.
 */
export function attentionLayer(
  context: LayerContext<Extract<LayerOperation, { kind: "attention" }>>,
): FusedLayer {
  const { kernels, operation, inputs, output, capacity, allocate, scratch } = context;
  const { heads, causal, dropout } = operation;
  const [queries, keys, values] = inputs as readonly [NodeValues, NodeValues, NodeValues];
  const [moments, width] = queries.shape as [number, number];
  const [others, depth] = values.shape as [number, number];
  const [size, valueSize] = [width / heads, depth / heads];
  const scale = 1 / Math.sqrt(size);
  const plane = moments * others;
  const weights = allocate(capacity * heads * plane);
  const slopes = allocate(capacity * heads * plane);
  const kept = dropout === 0 ? weights : allocate(capacity * heads * plane);
  let mask = undecidedMask(dropout);
  let drops = false;
  let step = 0;
  const room = scratch(MATMUL_SCRATCH + Math.max(size, valueSize) * others);
  const packing = room.place(0, {});
  const turned: Matrix = room.place(MATMUL_SCRATCH, { row: others, step: 1 });
  /** The columns of a head within an array of one example after the other. */
  const part = (
    { size: each, shape }: NodeValues,
    at: Address,
    example: number,
    head: number,
  ): Matrix => {
    const columns = shape.at(-1)!;
    return matrix(after(at, example * each + (head * columns) / heads), columns);
  };
  const product = (a: Matrix, b: Matrix, c: Matrix): Product => ({
    ...{ a, b, c, start: ZEROS, scratch: packing },
  });
  const multiply = (products: readonly SizedProduct[]): void => {
    for (const { product: operands, m, n, k } of products) kernels.matmul(operands, m, n, k);
  };
  const { ofQueries, ofKeys } = attentionSpans(moments, others, causal);
  /** The product c = a · b [rows, columns] of each span, over the moments that matter to it. */
  const inSpans = (
    spans: readonly Span[],
    a: Matrix,
    b: Matrix,
    c: Matrix,
    columns: number,
  ): SizedProduct[] =>
    spans.map(({ begin, end, from, to }) => ({
      product: product(corner(a, begin, from), corner(b, from), corner(c, begin)),
      ...{ m: end - begin, n: columns, k: to - from },
    }));
  const headAt = (example: number, head: number): Head => {
    const place = (example * heads + head) * plane;
    const [w, k, s] = [weights, kept, slopes].map((at) => matrix(after(at, place), others)) as [
      Matrix,
      Matrix,
      Matrix,
    ];
    const transposed = ({ at }: Matrix): Matrix => matrix(at, 1, others);
    const of = (node: NodeValues): Matrix => part(node, node.values, example, head);
    const gradientOf = (node: NodeValues): Matrix => part(node, node.gradient, example, head);
    const dy = gradientOf(output);
    return {
      ...{ keys: of(keys), values: of(values), turnedKeys: turned, turnedValues: turned },
      toScores: ofQueries.map(({ begin, end, to }) => ({
        product: product(corner(of(queries), begin), turned, corner(w, begin)),
        ...{ m: end - begin, n: to, k: size },
      })),
      toOutput: inSpans(ofQueries, k, of(values), of(output), valueSize),
      // Whole, because a training that diverged may have left numbers without end behind the mask.
      toWeights: [{ product: product(dy, turned, s), m: moments, n: others, k: valueSize }],
      toQueries: inSpans(ofQueries, s, of(keys), gradientOf(queries), size),
      toKeys: inSpans(ofKeys, transposed(s), of(queries), gradientOf(keys), size),
      toValues: inSpans(ofKeys, transposed(k), dy, gradientOf(values), valueSize),
    };
  };
  const all = Array.from({ length: capacity }, (_, example) =>
    Array.from({ length: heads }, (__, head) => headAt(example, head)),
  ).flat();
  const forward = 2 * heads * plane * (size + valueSize);
  return {
    operations: { forward, backward: 2 * forward },
    startTraining(random) {
      mask = decidedMask(mask, random);
    },
    forward(count, pass) {
      const used = count * heads;
      for (let i = 0; i < used; i++) {
        const head = all[i]!;
        kernels.transpose(head.keys, turned, others, size);
        multiply(head.toScores);
      }
      kernels.attend({ x: weights, rows: used * moments, columns: others, scale, moments, causal });
      drops = pass.training && dropout > 0;
      step = pass.number;
      if (drops) kernels.dropout(weights, kept, used * plane, mask, step);
      else if (kept !== weights) kernels.copy(weights, kept, used * plane);
      for (let i = 0; i < used; i++) multiply(all[i]!.toOutput);
    },
    backward(count) {
      const used = count * heads;
      for (let i = 0; i < used; i++) {
        const head = all[i]!;
        kernels.transpose(head.values, turned, others, valueSize);
        multiply(head.toWeights);
        if (values.gradient !== 0) multiply(head.toValues);
      }
      if (drops) kernels.dropout(slopes, slopes, used * plane, mask, step);
      kernels.softmaxGradient(weights, slopes, slopes, used * moments, others);
      kernels.scale(slopes, slopes, used * plane, scale);
      for (let i = 0; i < used; i++) {
        const { toQueries, toKeys } = all[i]!;
        if (queries.gradient !== 0) multiply(toQueries);
        if (keys.gradient !== 0) multiply(toKeys);
      }
    },
  };
}
