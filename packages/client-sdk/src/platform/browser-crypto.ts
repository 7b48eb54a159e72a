import type { ClientCrypto } from "@tributary/protocol";

/**
 * Chooses a browser's cryptography. Web Crypto comes first: its curves are native code, and of
 * libraries it needs 11 kB (gzip) alone. libsodium takes its place in browsers without these curves and
 * on pages that were loaded without TLS. Where the page's policy forbids WebAssembly, which libsodium
 * needs, the curves are noble's too. Each is loaded only when the one before cannot be used.
 */
export async function createBrowserCrypto(): Promise<ClientCrypto> {
  const { createWebCryptoProvider } = await import("@tributary/protocol/crypto-web");
  return createWebCryptoProvider()
    .catch(async () => {
      const { createLibsodiumProvider } = await import("@tributary/protocol/crypto-libsodium");
      return createLibsodiumProvider();
    })
    .catch(async () => {
      const { createNobleProvider } = await import("@tributary/protocol/crypto-noble");
      return createNobleProvider();
    });
}
