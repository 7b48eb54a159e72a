import { shapeSize } from "@tributary/protocol";
import type { Copy, LayerOperation } from "./layer-node.ts";

/** One axis along which values are copied. */
export interface CopiedAxis {
  /** How many values, or blocks of values, there are. */
  readonly size: number;
  /** How many values it is from one to the next, in the input and in the output. */
  readonly from: number;
  readonly to: number;
}

/** How many values it is from one to the next along each axis of an array. */
export function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shapeSize(shape.slice(axis + 1)));
}

/**
 * Makes the copies that go along any number of axes. Neighbouring axes become one where they can,
 * and where more than three are left, there is a copy for each place on the shortest ones.
 */
export function copiesOf(
  input: number,
  axes: readonly CopiedAxis[],
  offsets: { readonly from: number; readonly to: number } = { from: 0, to: 0 },
): Copy[] {
  const joined: CopiedAxis[] = [];
  for (const axis of axes.filter(({ size }) => size > 1)) {
    const before = joined.at(-1);
    const { size, from, to } = axis;
    if (before?.from === size * from && before.to === size * to) {
      joined.splice(-1, 1, { size: before.size * size, from, to });
    } else joined.push(axis);
  }
  if (joined.length > 3) {
    const shortest = joined.reduce((one, other) => (other.size < one.size ? other : one));
    const rest = joined.filter((axis) => axis !== shortest);
    return Array.from({ length: shortest.size }, (_, place) =>
      copiesOf(input, rest, {
        from: offsets.from + place * shortest.from,
        to: offsets.to + place * shortest.to,
      }),
    ).flat();
  }
  while (joined.length < 3) joined.unshift({ size: 1, from: 0, to: 0 });
  const [outer, middle, inner] = joined as [CopiedAxis, CopiedAxis, CopiedAxis];
  return [
    {
      input,
      sizes: [outer.size, middle.size, inner.size],
      from: { offset: offsets.from, strides: [outer.from, middle.from, inner.from] },
      to: { offset: offsets.to, strides: [outer.to, middle.to, inner.to] },
    },
  ];
}

/** The operation that turns a sequence [moments, channels] round, so that its last moment is first. */
export function sequenceReversal([moments, channels]: readonly number[]): LayerOperation {
  const axes = [
    { size: moments!, from: -channels!, to: channels! },
    { size: channels!, from: 1, to: 1 },
  ];
  const from = (moments! - 1) * channels!;
  return { kind: "arrange", copies: copiesOf(0, axes, { from, to: 0 }) };
}
