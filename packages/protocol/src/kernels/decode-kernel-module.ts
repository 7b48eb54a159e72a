/**
 * Decodes a WebAssembly module of kernels that is committed as text. It is text because a file of its
 * own would have to be fetched, which bundlers, workers and content security policies each treat
 * differently. Only hosts with WebAssembly decode it, and all of those have `atob`.
 * @param base64 - Standard base64 with padding, as `npm run kernels` writes it.
 */
export function decodeKernelModule(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
