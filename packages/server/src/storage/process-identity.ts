import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { errnoOf } from "./file-error.ts";

/**
 * Names the place of this process, within which process numbers are unique. On Linux this is the
 * current boot of the machine together with the container. Two processes of one place can look each
 * other up.
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
 * When a process started, in ticks since boot (proc(5), field 22 of `stat`). Process numbers are
 * used again, in a container always the same few, so a process is identified by its number and its
 * start.
 * @returns Undefined when the system does not tell; `"dead"` for a process that has ended and
 * waits to be reaped.
 */
export async function processStart(pid: number): Promise<string | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses and may hold any character, so the
    // fields are counted from behind it.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const state = fields[0];
    return state === "Z" || state === "X" ? "dead" : fields[19];
  } catch {
    return undefined;
  }
}

/**
 * Whether a process of this place is still running.
 * @param started - What `processStart` returned for it while it ran; may be undefined.
 */
export async function isProcessAlive(pid: number, started: string | undefined): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM means that the process exists and belongs to another user.
    if (errnoOf(error) === "ESRCH") return false;
  }
  const now = await processStart(pid);
  return now !== "dead" && (now === undefined || started === undefined || now === started);
}
