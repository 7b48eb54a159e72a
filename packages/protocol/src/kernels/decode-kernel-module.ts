import { fromBase64Url } from "../channel/base64url.ts";
import { TributaryError } from "../errors.ts";

/**
 * Decodes a WebAssembly module of kernels that is committed as text. It is text because a file of
 * its own would have to be fetched, which bundlers, workers and content security policies each
 * treat differently.
 * @param text - Base64url, as `npm run kernels` writes it.
 * @throws TributaryError `INTERNAL` when the text is something else.
 */
export function decodeKernelModule(text: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64Url(text);
  if (bytes === undefined) {
    throw new TributaryError("INTERNAL", "The module of the kernels is not valid base64url");
  }
  return new Uint8Array(bytes);
}
