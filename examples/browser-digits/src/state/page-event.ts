import type { ParticipationEvent, TributaryError } from "@tributary/client-sdk";
import type { ScoredModel } from "../learning/shared-model.ts";

/** Everything that can happen on the page: what the client tells, and what the page itself does. */
export type PageEvent =
  | ParticipationEvent
  /** The person has asked to take part; `renewed`: with other settings than before, so that what was learned is gone. */
  | { readonly type: "joining"; readonly renewed: boolean }
  /** Digits and trainer are there. */
  | { readonly type: "prepared"; readonly exampleCount: number }
  | { readonly type: "scored"; readonly model: ScoredModel }
  | { readonly type: "left" }
  /** Taking part has ended for good; trying again cannot help. */
  | { readonly type: "failed"; readonly error: TributaryError };
