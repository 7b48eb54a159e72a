import type { Plan } from "@tributary/client-sdk";

/** A model that a client has verified. */
export interface Model {
  readonly plan: Plan;
  readonly roundNumber: number;
  readonly weights: Float32Array;
}

const CACHE = "join-page-models";

/**
 * Keeps a model on the device, for use without a connection. A device that lets the page keep
 * nothing has the model until the page is closed.
 * @returns Whether it is kept.
 */
export async function keepModel(key: string, model: Model): Promise<boolean> {
  try {
    const { plan, roundNumber, weights } = model;
    const cache = await caches.open(CACHE);
    const facts = new TextEncoder().encode(JSON.stringify({ plan, roundNumber }));
    const head = Uint32Array.of(facts.length);
    await cache.put(addressOf(key), new Response(new Blob([head, facts, weights.slice()])));
    return true;
  } catch {
    return false;
  }
}

/** The model that was kept last under this key; undefined if there is none. */
export async function keptModel(key: string): Promise<Model | undefined> {
  try {
    const kept = await (await caches.open(CACHE)).match(addressOf(key));
    if (kept === undefined) return undefined;
    const bytes = await kept.arrayBuffer();
    const weightsAt = 4 + new Uint32Array(bytes, 0, 1)[0]!;
    const facts: unknown = JSON.parse(new TextDecoder().decode(bytes.slice(4, weightsAt)));
    const weights = new Float32Array(bytes.slice(weightsAt));
    return { ...(facts as Pick<Model, "plan" | "roundNumber">), weights };
  } catch {
    return undefined;
  }
}

const addressOf = (key: string): string => `./kept/${encodeURIComponent(key)}`;
