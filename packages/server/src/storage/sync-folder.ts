import { open, readdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * Makes the names in a folder durable, by an fsync of the folder. Without it a file that was
 * created or renamed can be gone after a power cut. Windows has no such call and needs none.
 */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes a folder and everything in it durable. The files of one folder are synced at once, because
 * they share the disk's flushes.
 */
export async function syncTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries) {
    if (entry.isDirectory()) await syncTree(join(folder, entry.name));
  }
  // Windows syncs only files that are open for writing.
  await Promise.all(
    entries.filter((entry) => entry.isFile()).map(({ name }) => syncFile(join(folder, name))),
  );
  await syncFolder(folder);
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
