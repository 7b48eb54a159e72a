import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { errnoOf } from "./file-error.ts";

/**
 * Names the set of processes whose numbers mean the same here: this boot of this machine and, on Linux, this
 * container. Two processes of one place can look each other up.
 */
export async function processPlace(): Promise<string> {
  try {
    const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    return `${boot} ${await readlink("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}

/**
 * When a process started, in ticks since boot (proc(5), field 22 of `stat`): with its number it names a process
 * for good, since numbers are used again, in a container always the same few.
 * @returns Undefined where the system does not tell; `"dead"` for a process that has ended and waits to be reaped.
 */
export async function processStart(pid: number): Promise<string | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses and may hold anything: count from behind it.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const state = fields[0];
    return state === "Z" || state === "X" ? "dead" : fields[19];
  } catch {
    return undefined;
  }
}

/**
 * Whether a process of this place still runs.
 * @param started - As `processStart` told when it ran; undefined if it did not.
 */
export async function isProcessAlive(pid: number, started: string | undefined): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: there is one, of another user.
    if (errnoOf(error) === "ESRCH") return false;
  }
  const now = await processStart(pid);
  return now !== "dead" && (now === undefined || started === undefined || now === started);
}
