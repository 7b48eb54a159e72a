import type { AddressInfo, Server } from "node:net";
import { TributaryError } from "@tributary/protocol";

/** What to do when a server cannot listen, by the system's name of the error. */
const LISTEN_REMEDIES: Readonly<Record<string, string>> = {
  EACCES: "Choose a port from 1024 on, or give this user the right to open lower ones.",
  EADDRNOTAVAIL: "Choose an address of this machine; 0.0.0.0 means all of them.",
  ENOTFOUND: "Choose an address of this machine: no address is known for that name.",
  EMFILE: "Raise the limit on open files of this process (ulimit -n, or LimitNOFILE of its unit).",
  ENFILE: "Raise the limit on open files of this machine (fs.file-max).",
};

/**
 * Makes a server listen.
 * @param options.port - 0 takes a free port.
 * @param what - The name of the server in error texts: "gateway" or "admin API".
 * @returns The address that the server listens on.
 * @throws TributaryError `PORT_IN_USE` when another program listens on the port;
 *   `CONFIG_INVALID` when the address or the port cannot be used.
 */
export function listen(
  server: Server,
  options: { readonly host: string; readonly port: number },
  what: string,
): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const { host, port } = options;
      reject(
        error.code === "EADDRINUSE"
          ? new TributaryError(
              "PORT_IN_USE",
              `The ${what} cannot listen on ${host}:${port}, which is in use`,
              {
                remedy: "Stop the other program or choose another port; port 0 takes a free one.",
                context: { host, port },
                cause: error,
              },
            )
          : new TributaryError(
              "CONFIG_INVALID",
              `The ${what} cannot listen on ${host}:${port}: ${error.message}`,
              {
                remedy:
                  LISTEN_REMEDIES[error.code ?? ""] ??
                  "Choose an address of this machine and a port that this user may open.",
                context: { host, port },
                cause: error,
              },
            ),
      );
    };
    server.once("error", fail);
    server.listen(options.port, options.host, () => {
      server.off("error", fail);
      resolve(server.address() as AddressInfo);
    });
  });
}
