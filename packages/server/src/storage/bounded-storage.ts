import type { Clock } from "@tributary/protocol";
import { answerWithin } from "./answer-within.ts";
import type { Storage } from "./storage.ts";

/**
 * Bounds how long each call of the stores may take, so that a store that hangs is as one that
 * fails: the round that it was to store is given up, and nobody waits for ever. A call that has
 * been given up goes on, and what it does in the end does no harm: a round is stored under its id,
 * and whoever gave it up reads again what is stored.
 * @param deps.timeoutMs - Milliseconds after which a call rejects with `STORAGE_UNAVAILABLE`.
 */
export function boundedStorage(
  storage: Storage,
  deps: { readonly clock: Clock; readonly timeoutMs: number },
): Storage {
  return {
    ...storage,
    rounds: bounded(storage.rounds, deps),
    checkpoints: bounded(storage.checkpoints, deps),
    access: bounded(storage.access, deps),
    identity: bounded(storage.identity, deps),
    usage: () => answerWithin(storage.usage(), deps),
  };
}

/** A store whose calls are bounded, but for `close`, which waits for what is under way. */
function bounded<Store extends object>(
  store: Store,
  deps: { readonly clock: Clock; readonly timeoutMs: number },
): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: readonly unknown[]): unknown => {
        const answer: unknown = Reflect.apply(member, target, args);
        return answer instanceof Promise && name !== "close" ? answerWithin(answer, deps) : answer;
      };
    },
  });
}
