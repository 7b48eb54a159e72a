import { X509Certificate, createPrivateKey } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generate } from "selfsigned";
import { TributaryError } from "@tributary/protocol";

/** Certificate chain and private key, PEM. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
}

/** @throws TributaryError `CONFIG_INVALID` naming the file. */
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

const VALID_DAYS = 825;

/**
 * The self-signed certificate kept in `folder`, made anew when there is none or it has run out. It only keeps wires private
 * from onlookers: what clients trust is the server key inside.
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
    // None yet, or not readable as a certificate: make one.
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
