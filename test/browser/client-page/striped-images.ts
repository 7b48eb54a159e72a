import type { Examples } from "@tributary/client-sdk";

const COUNT = 60;
const SIDE = 28;

/** Images with a stripe in one of ten places. The page and the test make the same ones. */
export function stripedImages(): Examples {
  const features = new Float32Array(COUNT * SIDE * SIDE);
  const labels = Int32Array.from({ length: COUNT }, (_, index) => index % 10);
  labels.forEach((label, index) => {
    for (let x = 0; x < SIDE; x++) {
      features[index * SIDE * SIDE + (label * 2 + 4) * SIDE + x] = ((x + index) % 7) / 7;
    }
  });
  return { features, featureShape: [SIDE, SIDE, 1], labels, labelShape: [], count: COUNT };
}
