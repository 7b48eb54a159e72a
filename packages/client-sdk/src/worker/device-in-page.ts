import type { DeviceState, SettableDevice } from "../conditions/device-conditions.ts";
import type { Page } from "./page-in-worker.ts";

/** The device as the Worker knows it: what the page tells of it, for as long as somebody watches. */
export function deviceInPage(page: Page): SettableDevice {
  const watching = new Set<(state: DeviceState) => void>();
  let last: DeviceState | undefined;
  return {
    watch(tell) {
      const listener = (state: DeviceState): void => tell(state);
      watching.add(listener);
      if (watching.size === 1) page.tell("watchDevice", true);
      else if (last !== undefined) listener(last);
      return () => {
        if (!watching.delete(listener) || watching.size > 0) return;
        last = undefined;
        page.tell("watchDevice", false);
      };
    },
    set(state) {
      last = state;
      for (const tell of watching) tell(state);
    },
  };
}
