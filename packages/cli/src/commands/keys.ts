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
import { createOutput } from "../output.ts";

export function keysCommand(): Command {
  const keys = new Command("keys").description("Keys of a server.");
  keys
    .command("generate")
    .description("Make a server's secret key file and print the key that clients pin.")
    .requiredOption("--out <file>", "where to write the secret; the file must not exist")
    .option("--json", "print one JSON line")
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
            remedy: "Choose a path that does not exist yet, in a folder you may write to.",
            cause: error,
          },
        );
      }
      const serverKey = formatServerKey(serverKeyOf(crypto, secrets));
      createOutput(options.json === true).result(
        { serverKey, secretFile: options.out },
        `${serverKey}\n\nClients pin the line above. The secret is in ${options.out}: put it in the server's data folder as server.key.`,
      );
    });
  return keys;
}
