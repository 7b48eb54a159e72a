import { X509Certificate } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generate } from "selfsigned";
import { certificateOf, readCertificate, type Certificate } from "./certificate.ts";

const DAY_MS = 86_400_000;

/**
 * Days for which a self-signed certificate is valid. Apple's systems refuse certificates that are
 * valid for longer.
 */
const VALID_DAYS = 825;
/** Days before its end at which a self-signed certificate is made anew. */
const RENEWED_DAYS = 30;

/**
 * Returns the self-signed certificate that is kept in `folder`. A new one is made when there is
 * none, when it expires within 30 days, or when it does not cover all names. The certificate only
 * hides the connection from onlookers. Clients trust the server key, which they verify inside the
 * connection.
 * @param names - Host names and IP addresses under which clients may connect.
 * @param nowMs - The time of day.
 */
export async function selfSignedCertificate(
  folder: string,
  names: readonly string[],
  nowMs: number,
): Promise<Certificate> {
  const certPath = join(folder, "cert.pem");
  const keyPath = join(folder, "key.pem");
  try {
    const kept = await readCertificate(certPath, keyPath);
    const isFresh = kept.notBeforeMs <= nowMs && kept.notAfterMs - nowMs > RENEWED_DAYS * DAY_MS;
    if (isFresh && coversAll(kept.cert, names)) return kept;
  } catch {
    // There is no certificate yet, or it cannot be read. A new one is made below.
  }
  const made = await generate([{ name: "commonName", value: names[0] ?? "localhost" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    // A day of grace, for clients whose clocks are behind.
    notBeforeDate: new Date(nowMs - DAY_MS),
    notAfterDate: new Date(nowMs + (VALID_DAYS - 1) * DAY_MS),
    extensions: [
      {
        name: "subjectAltName",
        altNames: names.map((name) =>
          /^[0-9.]+$|:/.test(name) ? { type: 7, ip: name } : { type: 2, value: name },
        ),
      },
    ],
  });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(certPath, made.cert);
  await writeFile(keyPath, made.private, { mode: 0o600 });
  return certificateOf({ cert: made.cert, key: made.private }, certPath, keyPath);
}

function coversAll(cert: string, names: readonly string[]): boolean {
  const certificate = new X509Certificate(cert);
  return names.every((name) => {
    // A name with a wildcard is covered when a name that it stands for is.
    const example = name.replace(/^\*\./, "any.");
    return (certificate.checkHost(example) ?? certificate.checkIP(example)) !== undefined;
  });
}
