import type { AddressInfo, Server } from "node:net";
import { TributaryError } from "@tributary/protocol";

/**
 * Binds a server.
 * @param what - Names the server in an error: "gateway" or "admin API".
 * @throws TributaryError `PORT_IN_USE` or `CONFIG_INVALID`.
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
                remedy: "Choose an address of this machine and a port that this user may open.",
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
