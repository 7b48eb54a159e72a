// Four rows side by side, each in a lane of its own: their sums keep the order of the twin, and none
// waits for another.
import { bytes } from "./address";

/** The distance from row `first` to the row of a lane, or to the last of all rows. */
export function toLane(lane: i32, first: i32, rows: i32, rowBytes: i32): usize {
  return <usize>(min(lane, rows - 1 - first) * rowBytes);
}

/** One value of each row. @param to1, to2, to3 - The distances from the first row to the others. */
export function gather4(p: usize, to1: usize, to2: usize, to3: usize): v128 {
  let values = v128.load32_zero(p);
  values = f32x4.replace_lane(values, 1, f32.load(p + to1));
  values = f32x4.replace_lane(values, 2, f32.load(p + to2));
  return f32x4.replace_lane(values, 3, f32.load(p + to3));
}

/** The largest of some values, or NaN where one of them is. */
export function largest(p: usize, count: i32): f32 {
  let most = f32.load(p),
    i = 0;
  if (count >= 4) {
    let lanes = v128.load(p);
    for (i = 4; i + 4 <= count; i += 4) lanes = f32x4.max(lanes, v128.load(p + bytes(i)));
    most = max(
      max(f32x4.extract_lane(lanes, 0), f32x4.extract_lane(lanes, 1)),
      max(f32x4.extract_lane(lanes, 2), f32x4.extract_lane(lanes, 3)),
    );
  }
  for (; i < count; i++) most = max(most, f32.load(p + bytes(i)));
  return most;
}
