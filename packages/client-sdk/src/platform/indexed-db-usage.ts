import { readUsage, type UsageStore } from "../conditions/usage-store.ts";
import { storageFault } from "./storage-fault.ts";

const DATABASE = "tributary usage";
const ACCOUNTS = "accounts";

/** Keeps account of budgets in IndexedDB, in pages and workers. */
export const indexedDbUsage: UsageStore = {
  load: async (name) => readUsage(await request("readonly", (accounts) => accounts.get(name))),
  async save(name, usage) {
    await request("readwrite", (accounts) => accounts.put(usage, name));
  },
};

/** Opens the database, makes one request of it, and closes it again: both happen seldom. */
async function request(
  mode: IDBTransactionMode,
  ask: (accounts: IDBObjectStore) => IDBRequest,
): Promise<unknown> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => void opening.result.createObjectStore(ACCOUNTS);
  const database = await done<IDBDatabase>(opening);
  try {
    return await done<unknown>(ask(database.transaction(ACCOUNTS, mode).objectStore(ACCOUNTS)));
  } finally {
    database.close();
  }
}

function done<Result>(asked: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(storageFault(asked.error, "The account of a day"));
  });
}
