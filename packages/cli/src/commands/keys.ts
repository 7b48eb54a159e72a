import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import {
  TributaryError,
  cryptographicRandom,
  formatServerKey,
  formatServerSecrets,
  generateServerSecrets,
  serverKeyOf,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { createOutput } from "../terminal/output.ts";

export function keysCommand(): Command {
  const keys = new Command("keys").description("Make the keys of a server.");
  keys
    .command("generate")
    .description(
      "Make a secret key for a server, and print the public key that its clients must pin. A server with an empty store makes a key when it starts, so that this is only needed to know the key in advance, or to replace a key that was stolen.",
    )
    .requiredOption("--out <file>", "file to write the secret key to; it must not exist yet")
    .option("--json", "print the result as one line of JSON")
    .action(async (options: { out: string; json?: true }) => {
      const crypto = createNodeCryptoProvider();
      const secrets = generateServerSecrets(cryptographicRandom(crypto));
      try {
        await writeFile(options.out, `${formatServerSecrets(secrets)}\n`, {
          mode: 0o600,
          flag: "wx",
        });
      } catch (error) {
        throw new TributaryError(
          "CONFIG_INVALID",
          `The key file ${options.out} cannot be written`,
          {
            remedy: "Choose a path that does not exist yet, in a folder that you may write to.",
            cause: error,
          },
        );
      }
      const serverKey = formatServerKey(serverKeyOf(crypto, secrets));
      createOutput(options.json === true).result(
        { serverKey, secretFile: options.out },
        `${serverKey}\n\nThe line above is the key that clients pin. The secret key is in ${options.out}: move it into the server's data folder as server.key. A server that has tasks already takes another key only with --new-identity.`,
      );
    });
  return keys;
}
