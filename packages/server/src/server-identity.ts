import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import {
  TributaryError,
  cryptographicRandom,
  formatServerKey,
  formatServerSecrets,
  generateServerSecrets,
  parseServerSecrets,
  serverKeyOf,
  type CryptoProvider,
  type RandomSource,
  type ServerSecrets,
} from "@tributary/protocol";
import type { Storage } from "./storage/storage.ts";

/**
 * Reads the server's secret keys from a file.
 * @returns undefined when there is no such file.
 * @throws TributaryError `CONFIG_INVALID` when the file cannot be read or does not hold a server's
 *   keys.
 */
export async function readServerSecrets(path: string): Promise<ServerSecrets | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new TributaryError("CONFIG_INVALID", `The server's key file ${path} cannot be read`, {
      remedy: "Give this user the right to read it.",
      cause: error,
    });
  }
  try {
    return parseServerSecrets(text.trim());
  } catch (error) {
    throw new TributaryError("CONFIG_INVALID", `${path} does not hold a server key`, {
      remedy:
        "Restore it from a backup. If there is none, move the file away and start with " +
        "--new-identity: the server then gets a new key, which every client has to pin.",
      cause: error,
    });
  }
}

/**
 * Decides which identity the server has. An empty store gets the key that there is, or a new one.
 * A store that belongs to a server is only opened with that server's key, because clients that have
 * pinned it refuse any other.
 * @param kept - What the key file holds; undefined when there is no file.
 * @param options.path - The key file. It is made, with the folders around it, for a new key.
 * @param options.newIdentity - Whether the store may get another key than it had.
 * @throws TributaryError `CONFIG_INVALID` when the key is missing or another one than the store's,
 *   or when the key file cannot be written; `STORAGE_UNAVAILABLE`.
 */
export async function settleIdentity(
  kept: ServerSecrets | undefined,
  { rounds, identity }: Pick<Storage, "rounds" | "identity">,
  options: {
    readonly path: string;
    readonly newIdentity: boolean;
    readonly crypto: CryptoProvider;
  },
): Promise<ServerSecrets> {
  const { path, newIdentity, crypto } = options;
  const known = await identity.serverKey();
  if (kept === undefined && !newIdentity) {
    // Older versions did not store the key, so tasks alone tell that there was one.
    const isUsed = known !== undefined || (await rounds.tasks()).length > 0;
    if (isUsed) throw anotherIdentity(`The server's key file ${path} is missing`, known);
  }
  const secrets = kept ?? (await makeSecrets(path, cryptographicRandom(crypto)));
  const key = formatServerKey(serverKeyOf(crypto, secrets));
  if (key === known) return secrets;
  if (kept !== undefined && known !== undefined && !newIdentity) {
    throw anotherIdentity(`${path} holds the key of another server (${key})`, known);
  }
  await identity.setServerKey(key);
  return secrets;
}

async function makeSecrets(path: string, random: RandomSource): Promise<ServerSecrets> {
  const secrets = generateServerSecrets(random);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, `${formatServerSecrets(secrets)}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw new TributaryError("CONFIG_INVALID", `The server's key file ${path} cannot be made`, {
      remedy:
        "Give this user the right to write there. " +
        "If another server has just been started, start this one again.",
      cause: error,
    });
  }
  return secrets;
}

/** @param known - The public key that the store's server had; undefined when it is not known. */
function anotherIdentity(fault: string, known: string | undefined): TributaryError {
  const owner = known === undefined ? "has tasks of a server" : `belongs to the server ${known}`;
  return new TributaryError("CONFIG_INVALID", `${fault}, and the store ${owner}`, {
    remedy:
      "Restore the key file from a backup. If it is lost, start with --new-identity: every client " +
      "must then pin the new key.",
  });
}
