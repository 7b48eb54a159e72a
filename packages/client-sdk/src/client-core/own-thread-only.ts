import type { ThreadPlatform } from "../platform/platform.ts";
import type { ClientCore } from "./client-core.ts";
import type { ClientSettings } from "./client-settings.ts";
import { OwnThreadCore } from "./own-thread.ts";

/** Opens a client's core where there are no Web Workers, as in Node. */
export function openCore(
  settings: ClientSettings,
  platform: ThreadPlatform,
  _hasOwnParts: boolean,
): ClientCore {
  return new OwnThreadCore(settings, platform);
}
