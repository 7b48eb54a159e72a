import { X509Certificate, createPrivateKey } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generate } from "selfsigned";
import { TributaryError } from "@tributary/protocol";

/** A certificate chain and its private key, both in PEM form. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads a certificate chain and its private key from PEM files.
 * @throws TributaryError `CONFIG_INVALID`, which names the file, when a file cannot be read or the
 *   key is not the certificate's.
 */
export async function readTlsFiles(certPath: string, keyPath: string): Promise<TlsMaterial> {
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
  const material = {
    cert: await read(certPath, "certificate"),
    key: await read(keyPath, "private key"),
  };
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
  const certificate = parse(certPath, "certificate", () => new X509Certificate(material.cert));
  const key = parse(keyPath, "private key", () => createPrivateKey(material.key));
  if (!certificate.checkPrivateKey(key)) {
    throw new TributaryError("CONFIG_INVALID", `${keyPath} is not the key of ${certPath}`, {
      remedy: "Give the private key that the certificate was made for.",
    });
  }
  return material;
}

/**
 * Days for which a self-signed certificate is valid. Apple's systems refuse certificates that are
 * valid for longer.
 */
const VALID_DAYS = 825;

/**
 * Returns the self-signed certificate that is kept in `folder`. A new one is made when there is
 * none, when it has expired, or when it does not cover all hosts. The certificate only hides the
 * connection from onlookers. Clients trust the server key, which they verify inside the connection.
 * @param hosts - Names and IP addresses under which clients may connect.
 */
export async function selfSignedTls(
  folder: string,
  hosts: readonly string[],
): Promise<TlsMaterial> {
  const certPath = join(folder, "cert.pem");
  const keyPath = join(folder, "key.pem");
  try {
    const kept = { cert: await readFile(certPath, "utf8"), key: await readFile(keyPath, "utf8") };
    const certificate = new X509Certificate(kept.cert);
    const covers = hosts.every(
      (host) => (certificate.checkHost(host) ?? certificate.checkIP(host)) !== undefined,
    );
    const isPair = certificate.checkPrivateKey(createPrivateKey(kept.key));
    if (covers && isPair && Date.parse(certificate.validTo) > Date.now()) return kept;
  } catch {
    // There is no certificate yet, or it cannot be read. A new one is made below.
  }
  const made = await generate([{ name: "commonName", value: hosts[0] ?? "localhost" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notAfterDate: new Date(Date.now() + VALID_DAYS * 86_400_000),
    extensions: [
      {
        name: "subjectAltName",
        altNames: hosts.map((host) =>
          /^[0-9.]+$|:/.test(host) ? { type: 7, ip: host } : { type: 2, value: host },
        ),
      },
    ],
  });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(certPath, made.cert);
  await writeFile(keyPath, made.private, { mode: 0o600 });
  return { cert: made.cert, key: made.private };
}
