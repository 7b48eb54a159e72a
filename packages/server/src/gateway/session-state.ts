import { TributaryError, type Channel } from "@tributary/protocol";
import type { RoundSeat } from "../coordinator/participant.ts";

/** docs/protocol.md §4 has the same table from the client's side. */
export type State =
  | { readonly name: "handshake" }
  | { readonly name: "greeting"; readonly channel: Channel }
  | { readonly name: "idle"; readonly channel: Channel }
  /** A check-in whose right to take part is being looked up. */
  | { readonly name: "checkingIn"; readonly channel: Channel }
  | {
      readonly name: "waiting";
      readonly channel: Channel;
      /** Gives the device's request back. */
      readonly giveRequestBack: () => void;
      /** Takes the check-in back; absent while the coordinator is still deciding. */
      readonly leave?: () => void;
    }
  | { readonly name: "fetching"; readonly channel: Channel }
  | {
      readonly name: "inRound";
      readonly channel: Channel;
      readonly seat: RoundSeat;
      /** `asking`: the report has begun and waits for its turn. */
      readonly stage: "configuring" | "training" | "asking" | "uploading" | "reported";
    }
  | { readonly name: "closed" };

export type Named<Name extends State["name"]> = Extract<State, { name: Name }>;

/** A request whose right is being looked up, or that is being met. */
export type Asking = Named<"checkingIn" | "fetching">;

/** @param what - A message or frame that the state has no room for. */
export function unexpected(what: string): TributaryError {
  return new TributaryError("UNEXPECTED_MESSAGE", `The session did not expect ${what} now`, {
    remedy: "Follow the order of docs/protocol.md §4.",
  });
}
