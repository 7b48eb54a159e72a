import { X509Certificate, createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { TributaryError } from "@tributary/protocol";

/** A certificate chain with its private key, and what the server has to know of it. */
export interface Certificate {
  /** The chain in PEM form, with the server's own certificate first. */
  readonly cert: string;
  /** The private key in PEM form. */
  readonly key: string;
  /** When the server's certificate begins to be valid, in milliseconds since 1970. */
  readonly notBeforeMs: number;
  /** When it ends to be valid, in milliseconds since 1970. */
  readonly notAfterMs: number;
  /** The host names that it is for, without those that hold a wildcard. */
  readonly hostNames: readonly string[];
}

/**
 * Reads a certificate chain and its private key from PEM files. Whether it is valid today is not
 * checked.
 * @throws TributaryError `CONFIG_INVALID`, which names the file, when a file cannot be read, the
 *   key is not the certificate's, or the two cannot be used for TLS.
 */
export async function readCertificate(certPath: string, keyPath: string): Promise<Certificate> {
  const read = async (path: string, what: string): Promise<string> => {
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      throw new TributaryError("CONFIG_INVALID", `The TLS ${what} ${path} cannot be read`, {
        remedy: "Give the path of a PEM file that this user may read.",
        cause: error,
      });
    }
  };
  const cert = await read(certPath, "certificate");
  const key = await read(keyPath, "private key");
  return certificateOf({ cert, key }, certPath, keyPath);
}

/**
 * Looks into a certificate and its key.
 * @param certPath - Where the certificate is from, for errors.
 * @param keyPath - Where the key is from, for errors.
 * @throws TributaryError `CONFIG_INVALID` as `readCertificate`.
 */
export function certificateOf(
  { cert, key }: Pick<Certificate, "cert" | "key">,
  certPath: string,
  keyPath: string,
): Certificate {
  const parse = <Parsed>(path: string, what: string, parser: () => Parsed): Parsed => {
    try {
      return parser();
    } catch (error) {
      throw new TributaryError("CONFIG_INVALID", `${path} is not a PEM ${what}`, {
        remedy: "Give the certificate chain and its key, unencrypted, in PEM form.",
        cause: error,
      });
    }
  };
  const certificate = parse(certPath, "certificate", () => new X509Certificate(cert));
  const privateKey = parse(keyPath, "private key", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new TributaryError("CONFIG_INVALID", `${keyPath} is not the key of ${certPath}`, {
      remedy: "Give the private key that the certificate was made for.",
    });
  }
  parse(certPath, "certificate chain that can be used for TLS", () =>
    createSecureContext({ cert, key }),
  );
  return {
    cert,
    key,
    notBeforeMs: Date.parse(certificate.validFrom),
    notAfterMs: Date.parse(certificate.validTo),
    hostNames: [...(certificate.subjectAltName ?? "").matchAll(/DNS:([^,\s]+)/g)].flatMap(
      ([, name = ""]) => (name.includes("*") ? [] : [name]),
    ),
  };
}

/**
 * Requires that a certificate is valid now, so that clients can connect.
 * @param nowMs - The time of day.
 * @throws TributaryError `CONFIG_INVALID` when it has expired or is not valid yet.
 */
export function requireValid({ notBeforeMs, notAfterMs }: Certificate, nowMs: number): void {
  const now = new Date(nowMs).toISOString();
  if (nowMs >= notAfterMs) {
    throw new TributaryError(
      "CONFIG_INVALID",
      `The TLS certificate expired on ${new Date(notAfterMs).toISOString()}, and it is ${now} now`,
      { remedy: "Renew the certificate: every client would refuse this one." },
    );
  }
  if (nowMs < notBeforeMs) {
    throw new TributaryError(
      "CONFIG_INVALID",
      `The TLS certificate is not valid before ${new Date(notBeforeMs).toISOString()}, and it is ${now} now`,
      { remedy: "Set this machine's clock, or give a certificate that is valid already." },
    );
  }
}
