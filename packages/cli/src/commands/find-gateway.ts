import { readFile } from "node:fs/promises";
import { TributaryError } from "@tributary/protocol";
import { connectAdmin } from "../admin/admin-options.ts";

/** The options that say which server a client connects to, as they are typed. */
export interface GatewayFlags {
  readonly url?: string;
  readonly serverKey?: string;
  readonly ca?: string;
  readonly dataDir: string;
}

export interface Gateway {
  readonly url: string;
  /** The key that the client pins. */
  readonly serverKey: string;
  /** PEM of the certificate to trust, for a server that made its own. */
  readonly ca?: string;
}

/**
 * Finds the server that a client connects to: the one that the user names, or else the one that
 * runs with the data folder.
 * @throws TributaryError `BAD_PARAMETER` when the address is given without the key or the key
 *   without the address, `ADMIN_UNREACHABLE` when no server is named and none runs,
 *   `CONFIG_INVALID` when the certificate cannot be read.
 */
export async function findGateway(flags: GatewayFlags): Promise<Gateway> {
  const { url, serverKey, ca } = flags;
  if (url !== undefined && serverKey !== undefined) return withCertificate(url, serverKey, ca);
  if (url !== undefined || serverKey !== undefined) {
    throw new TributaryError("BAD_PARAMETER", "Only one of --url and --server-key is given", {
      remedy: "Give both: a client trusts no server unless it has been told that server's key.",
    });
  }
  const admin = await connectAdmin(flags);
  const info = await admin.json<{ gatewayUrl: string; serverKey: string }>("/v1/info");
  return withCertificate(info.gatewayUrl, info.serverKey, ca ?? admin.certPath);
}

async function withCertificate(
  url: string,
  serverKey: string,
  path: string | undefined,
): Promise<Gateway> {
  if (path === undefined) return { url, serverKey };
  try {
    return { url, serverKey, ca: await readFile(path, "utf8") };
  } catch (error) {
    throw new TributaryError("CONFIG_INVALID", `The certificate ${path} cannot be read`, {
      remedy: "Give the path of a PEM file.",
      cause: error,
    });
  }
}
