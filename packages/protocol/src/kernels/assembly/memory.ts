// AssemblyScript. The module keeps nothing in memory: everything from here on is the caller's to lay out.

export function heapBase(): usize {
  return __heap_base;
}
