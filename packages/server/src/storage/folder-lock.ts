// Lets one process at a time use a data folder. Two PGlites on one folder would destroy it.
//
// Each process that wants the folder first writes a claim, which is a file of its own in the
// folder, and then looks for other claims. When two processes come at once, at least one of them
// sees the other, whatever the timing, so they can never both go on. A claim whose process is dead
// is deleted. This cannot delete a living process's claim, because a claim is named by its process
// and a random token, and no name is used twice. A single lock file could not be taken over as
// safely: after one process has read a dead owner's name, and before it deletes the file, another
// process may have taken the file over.
import { open, readFile, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { TributaryError, toHex, type CryptoProvider } from "@tributary/protocol";
import { errnoOf } from "./file-error.ts";
import { isProcessAlive, processPlace, processStart } from "./process-identity.ts";

/** The lock on a folder that this process holds. */
export interface FolderLock {
  /** Releases the folder for other processes; idempotent. */
  release(): Promise<void>;
}

const CLAIM = /^lock\.(\d+)\.[0-9a-f]{16}$/;

/** Milliseconds after which a holder renews its claim, for processes that cannot look it up. */
const HEARTBEAT_MS = 10_000;
/**
 * Milliseconds without a renewal after which a holder on another machine or in another container
 * counts as dead.
 */
const SILENCE_MS = 30_000;
/** Milliseconds to wait for a rival with a larger name to step back. */
const RIVAL_WAIT_MS = 25;
/** Number of such waits. */
const RIVAL_TRIES = 200;

/** The content of a claim's file. */
interface ClaimText {
  readonly place: string;
  readonly started: string | undefined;
  /** 1 once its process has found no rival and holds the folder. */
  readonly held: 0 | 1;
}

/** Another process's claim on the folder. */
interface Claim {
  readonly name: string;
  readonly pid: number;
  /** Whether the process can be looked up from here. */
  readonly isNear: boolean;
  readonly isHeld: boolean;
}

/**
 * Takes a folder for this process alone.
 * @param folder - An existing folder.
 * @throws TributaryError `STORAGE_LOCKED`, which names the process that holds the folder. Errors of
 * the file system are thrown as they are.
 */
export async function lockFolder(folder: string, crypto: CryptoProvider): Promise<FolderLock> {
  const mine = `lock.${process.pid}.${toHex(crypto.randomBytes(8))}`;
  const path = join(folder, mine);
  const place = await processPlace();
  const started = await processStart(process.pid);
  const textOf = (held: 0 | 1): string => JSON.stringify({ held, place, started });
  let text = textOf(0);
  const file = await open(path, "wx", 0o600);
  let writing: Promise<unknown> = Promise.resolve();
  const heartbeat = setInterval(() => {
    // Writing the same bytes again renews the modification time, and readers never see half a
    // claim.
    writing = file.write(text, 0).catch(() => undefined);
  }, HEARTBEAT_MS);
  heartbeat.unref();
  let released: Promise<void> | undefined;
  const release = (): Promise<void> => {
    released ??= (async () => {
      clearInterval(heartbeat);
      await writing;
      await file.close();
      await rm(path, { force: true });
    })();
    return released;
  };
  try {
    await file.write(text, 0);
    await requireNoRival(folder, mine, place);
    // The new text is as long as the old one, so that no reader sees half of it.
    text = textOf(1);
    await file.write(text, 0);
    return { release };
  } catch (error) {
    await release();
    throw error;
  }
}

/**
 * Waits until no other process claims the folder.
 * @throws TributaryError `STORAGE_LOCKED` when another process holds it or comes first.
 */
async function requireNoRival(folder: string, mine: string, place: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    const rivals = await liveRivals(folder, mine, place);
    const first = rivals.find(({ isHeld }) => isHeld) ?? rivals[0];
    if (first === undefined) return;
    // When several processes came at once, the one with the smallest name stays and waits until the
    // others have stepped back.
    if (first.isHeld || tries >= RIVAL_TRIES || rivals.some(({ name }) => name < mine)) {
      throw locked(folder, first);
    }
    await wait(RIVAL_WAIT_MS);
  }
}

/** Reads the claims of other living processes, and deletes those of dead ones. */
async function liveRivals(folder: string, mine: string, place: string): Promise<Claim[]> {
  const nowMs = (await stat(join(folder, mine))).mtimeMs;
  const rivals: Claim[] = [];
  for (const name of await readdir(folder)) {
    const pid = Number(CLAIM.exec(name)?.[1]);
    if (name === mine || Number.isNaN(pid)) continue;
    const path = join(folder, name);
    try {
      const { mtimeMs } = await stat(path);
      const claim = parseClaim(await readFile(path, "utf8"));
      const isNear = claim?.place === place;
      const isAlive = isNear
        ? await isProcessAlive(pid, claim?.started)
        : nowMs - mtimeMs < SILENCE_MS;
      if (isAlive) rivals.push({ name, pid, isNear, isHeld: claim?.held === 1 });
      else await rm(path, { force: true });
    } catch (error) {
      // The claim has been deleted in the meantime.
      if (errnoOf(error) !== "ENOENT") throw error;
    }
  }
  return rivals;
}

/** Parses a claim. Undefined when it is just being written, or when a power cut tore it. */
function parseClaim(text: string): ClaimText | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    if (!("place" in value) || typeof value.place !== "string") return undefined;
    const started =
      "started" in value && typeof value.started === "string" ? value.started : undefined;
    return { place: value.place, started, held: "held" in value && value.held === 1 ? 1 : 0 };
  } catch {
    return undefined;
  }
}

function locked(folder: string, { name, pid, isNear }: Claim): TributaryError {
  return isNear
    ? new TributaryError(
        "STORAGE_LOCKED",
        `The data folder ${folder} is in use by process ${pid}`,
        {
          remedy: "Stop that server, or give this one a data folder of its own.",
          context: { folder, pid, file: name },
        },
      )
    : new TributaryError(
        "STORAGE_LOCKED",
        `The data folder ${folder} is in use by process ${pid} of another machine or container`,
        {
          remedy:
            "Stop that server. " +
            `If it has crashed, start again in ${SILENCE_MS / 1_000} seconds.`,
          context: { folder, pid, file: name },
        },
      );
}
