import { aborted } from "../runtime/abort.ts";

/** What is needed of Web Locks. Pages without TLS have none. */
export interface TabLocks {
  request<Result>(
    name: string,
    options: { readonly ifAvailable?: boolean; readonly signal?: AbortSignal },
    work: (lock: unknown) => Promise<Result>,
  ): Promise<Result>;
}

/**
 * Does work in one tab of an origin at a time: in the one that holds the lock of this name. The others
 * wait, and one of them begins when the holder has ended, or is gone.
 * @param onWait - Called when another tab holds the lock.
 * @throws TributaryError `ABORTED` when `signal` is aborted while the work waits; what the work throws.
 */
export async function inOneTab(
  {
    name,
    locks,
    signal,
  }: {
    readonly name: string;
    readonly locks: TabLocks | undefined;
    readonly signal: AbortSignal;
  },
  onWait: () => void,
  work: () => Promise<void>,
): Promise<void> {
  if (locks === undefined) return work();
  const isDone = await locks.request(name, { ifAvailable: true }, async (lock) => {
    if (lock === null) return false;
    await work();
    return true;
  });
  if (isDone) return;
  onWait();
  let isMine = false;
  try {
    await locks.request(name, { signal }, () => {
      isMine = true;
      return work();
    });
  } catch (error) {
    throw isMine ? error : aborted();
  }
}
