// Kernels that bring values into another order, along four axes.
import { bytes } from "./address";

/** Copies values from one arrangement to another. */
export function arrange(
  from: usize,
  from0: i32,
  from1: i32,
  from2: i32,
  from3: i32,
  to: usize,
  to0: i32,
  to1: i32,
  to2: i32,
  to3: i32,
  size0: i32,
  size1: i32,
  size2: i32,
  size3: i32,
): void {
  const areRuns = from3 == 1 && to3 == 1;
  for (let i = 0; i < size0; i++) {
    for (let j = 0; j < size1; j++) {
      for (let k = 0; k < size2; k++) {
        let source = from + bytes(i * from0 + j * from1 + k * from2),
          target = to + bytes(i * to0 + j * to1 + k * to2),
          l = 0;
        if (areRuns) {
          for (; l + 4 <= size3; l += 4, source += 16, target += 16)
            v128.store(target, v128.load(source));
        }
        for (; l < size3; l++, source += bytes(from3), target += bytes(to3))
          f32.store(target, f32.load(source));
      }
    }
  }
}

/** Adds values in one arrangement to those in another. */
export function addArranged(
  from: usize,
  from0: i32,
  from1: i32,
  from2: i32,
  from3: i32,
  to: usize,
  to0: i32,
  to1: i32,
  to2: i32,
  to3: i32,
  size0: i32,
  size1: i32,
  size2: i32,
  size3: i32,
): void {
  const areRuns = from3 == 1 && to3 == 1;
  for (let i = 0; i < size0; i++) {
    for (let j = 0; j < size1; j++) {
      for (let k = 0; k < size2; k++) {
        let source = from + bytes(i * from0 + j * from1 + k * from2),
          target = to + bytes(i * to0 + j * to1 + k * to2),
          l = 0;
        if (areRuns) {
          for (; l + 4 <= size3; l += 4, source += 16, target += 16)
            v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
        }
        // Where the stride of `to` is 0, each value is added to what the one before has left.
        for (; l < size3; l++, source += bytes(from3), target += bytes(to3))
          f32.store(target, f32.load(target) + f32.load(source));
      }
    }
  }
}
