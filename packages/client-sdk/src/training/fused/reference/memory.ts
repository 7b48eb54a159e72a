/** The memory of the plain twin, seen as float32 and as int32. */
export interface ReferenceMemory {
  f: Float32Array;
  i: Int32Array;
}

export function referenceMemory(size: number): ReferenceMemory {
  const f = new Float32Array(size);
  return { f, i: new Int32Array(f.buffer) };
}
