import type { ParticipationEvent, TributaryError } from "@tributary/client-sdk";
import type { ScoredModel } from "../learning/shared-model.ts";

/** What happens on the page: the events of the client, and those of the page itself. */
export type PageEvent =
  | ParticipationEvent
  /**
   * The user has asked to take part. `renewed` is true when the settings differ from those before,
   * so that the page starts again from nothing.
   */
  | { readonly type: "joining"; readonly renewed: boolean }
  /** The digits are drawn and the trainer is loaded. */
  | { readonly type: "prepared"; readonly exampleCount: number }
  /** A model was measured on the strangers' digits. */
  | { readonly type: "scored"; readonly model: ScoredModel }
  /** The user has left. */
  | { readonly type: "left" }
  /** Participation has ended with an error, and trying again cannot help. */
  | { readonly type: "failed"; readonly error: TributaryError };
