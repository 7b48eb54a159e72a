import type { Clock } from "@tributary/protocol";
import { readCertificate, requireValid, type Certificate } from "./certificate/certificate.ts";
import { CertificateWatch } from "./certificate/certificate-watch.ts";
import {
  certificateNames,
  hostForClients,
  machineNames,
  urlHost,
} from "./certificate/host-names.ts";
import { selfSignedCertificate } from "./certificate/self-signed.ts";
import type { ServerConfig } from "./config.ts";
import type { Logger } from "./runtime/logger.ts";

/**
 * Reads or makes the gateway's certificate.
 * @param use - Called with each certificate that takes the place of the one before it.
 * @returns What keeps it fresh; undefined when the gateway takes plain ws.
 * @throws TributaryError `CONFIG_INVALID` when the certificate cannot be used.
 */
export async function openCertificate(
  { tls, tlsDir, tlsNames, host }: ServerConfig,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  use: (next: Certificate) => void,
): Promise<CertificateWatch | undefined> {
  if (tls === "none") return undefined;
  const names = certificateNames(host, tlsNames, machineNames());
  const load = (): Promise<Certificate> =>
    tls === "self-signed"
      ? selfSignedCertificate(tlsDir, names, clock.now())
      : readCertificate(tls.certPath, tls.keyPath);
  const certificate = await load();
  requireValid(certificate, clock.now());
  return new CertificateWatch(certificate, { load, use, clock, logger });
}

/** The address that clients are told to connect to. */
export function urlForClients(
  { tls, tlsNames, host }: ServerConfig,
  certificate: Certificate | undefined,
  port: number,
): string {
  const names = typeof tls === "string" ? tlsNames : (certificate?.hostNames ?? []);
  const name = urlHost(hostForClients(host, names, machineNames()));
  return `${tls === "none" ? "ws" : "wss"}://${name}:${port}`;
}
