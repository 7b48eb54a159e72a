import {
  parseServerKey,
  populationName,
  resolveLimits,
  type Conditions,
  type Limits,
  type ServerKey,
} from "@tributary/protocol";
import { resolveConditions } from "../conditions/own-conditions.ts";
import { checkServerUrl } from "../session/server-url.ts";
import type { SessionOptions } from "../session/session.ts";
import { resolveFloors, type ClientFloors } from "../trust/floors/client-floors.ts";
import { VERSION } from "../version.generated.ts";
import { checkOptions } from "./check-options.ts";
import type { FederatedClientOptions } from "./client-options.ts";

/** Name and version that the client tells the server. */
const SOFTWARE = `tributary-js/${VERSION}`;

/** The options of a client after they were checked and completed. */
export interface ClientSettings {
  /** As the app gave them. */
  readonly options: FederatedClientOptions;
  readonly population: string;
  /** The pinned key. */
  readonly serverKey: ServerKey;
  /** The app's floors, with defaults filled in. */
  readonly floors: ClientFloors;
  /** The app's own conditions, with defaults filled in; undefined if there are none. */
  readonly conditions: Conditions | undefined;
  readonly limits: Limits;
  readonly session: SessionOptions;
}

/**
 * Checks the options of a client and completes them.
 * @throws TributaryError `BAD_PARAMETER` when an option is missing or not valid; `CONFIG_INVALID`
 *   when `limits` names no limit; `INSECURE_URL` when `url` begins with `ws://` and does not name
 *   this machine.
 */
export function clientSettings(options: FederatedClientOptions): ClientSettings {
  checkOptions(options);
  const serverKey = parseServerKey(options.serverKey);
  const floors = resolveFloors(options.floors);
  const limits = resolveLimits(options.limits);
  return {
    options,
    population: populationName(options.population),
    serverKey,
    floors,
    conditions: options.conditions && resolveConditions(options.conditions),
    limits,
    session: {
      url: checkServerUrl(options.url),
      serverKey,
      limits,
      tls: options.tls,
      agent: options.agent,
      software: SOFTWARE,
      oldestVersion: floors.oldestProtocolVersion,
    },
  };
}
