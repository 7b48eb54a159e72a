import type { NetworkChange, NetworkSource } from "../session/network-source.ts";

/** The part of Network Information that is used here. Not every browser has it. */
type WithConnection = Navigator & { readonly connection?: EventTarget };

/**
 * The `NetworkSource` of a page and of its Workers. The browser tells that the device went offline or
 * online, and some browsers that one network has taken the place of another.
 */
export const webNetwork: NetworkSource = {
  get isOnline() {
    return navigator.onLine;
  },
  watch(listener) {
    const undo: (() => void)[] = [];
    const on = (target: EventTarget | undefined, type: string, change: NetworkChange): void => {
      const tell = (): void => listener(change);
      target?.addEventListener(type, tell);
      undo.push(() => target?.removeEventListener(type, tell));
    };
    on(globalThis, "offline", "offline");
    on(globalThis, "online", "online");
    on((navigator as WithConnection).connection, "change", "replaced");
    return () => {
      for (const each of undo) each();
    };
  },
};
