import {
  FederatedClient,
  type FederatedClientOptions,
  type ParticipationEvent,
} from "@tributary/client-sdk";
import { useEffect, useReducer } from "react";

/** What a component shows of a client. */
export interface Participation {
  readonly status: "waiting" | "training" | "stopped";
  /** The share of the local training of this round that is done, from 0 to 1. */
  readonly progress: number;
  /** The number of the last round that was committed; undefined before the first. */
  readonly round: number | undefined;
  /** What went wrong last, and what to do about it. */
  readonly problem: string | undefined;
}

const NOTHING_YET: Participation = {
  ...{ status: "stopped", progress: 0, round: undefined, problem: undefined },
};

type Change = ParticipationEvent | { readonly type: "stopped"; readonly error?: unknown };

function changed(state: Participation, change: Change): Participation {
  switch (change.type) {
    case "connecting":
      return { ...state, status: "waiting" };
    case "connected":
      return { ...state, problem: undefined };
    case "training": {
      const { epoch, epochs, batch, batches } = change;
      return { ...state, status: "training", progress: (epoch - 1 + batch / batches) / epochs };
    }
    case "round-finished": {
      const round = change.outcome.type === "committed" ? change.roundNumber : state.round;
      return { ...state, status: "waiting", progress: 0, round };
    }
    case "withdrawn":
    case "disconnected":
    case "check-in-failed":
      return { ...state, status: "waiting", progress: 0, problem: textOf(change.error) };
    case "stopped":
      return {
        ...{ ...state, status: "stopped", progress: 0 },
        ...(change.error === undefined ? {} : { problem: textOf(change.error) }),
      };
    default:
      return state;
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const remedy = "remedy" in error && typeof error.remedy === "string" ? ` ${error.remedy}` : "";
  return `${error.message}.${remedy}`;
}

/**
 * Takes part while the component is mounted and there are options.
 * @param options - Of the client; undefined to stay out. Memoize them: new ones are a new client.
 */
export function useParticipation(options: FederatedClientOptions | undefined): Participation {
  const [state, change] = useReducer(changed, NOTHING_YET);
  useEffect(() => {
    if (options === undefined) return;
    const leaving = new AbortController();
    const takePart = async (): Promise<void> => {
      const client = new FederatedClient(options);
      try {
        for await (const event of client.participate({ signal: leaving.signal })) change(event);
      } finally {
        await client.close();
      }
    };
    takePart().then(
      () => change({ type: "stopped" }),
      (error: unknown) => change({ type: "stopped", error }),
    );
    return () => leaving.abort();
  }, [options]);
  return state;
}
