import {
  PROTOCOL_CONSTANTS,
  TributaryError,
  checkpointIdOf,
  decodeCheckpoint,
  encodeCheckpoint,
  fromHex,
  planIdOf,
  toHex,
  type CheckpointId,
  type PlanId,
  type SymmetricCrypto,
} from "@tributary/protocol";
import { randomId } from "../examples/stored/catalogue.ts";
import type { ExampleShelf } from "../examples/stored/example-shelf.ts";
import { aesSealer, type Sealer } from "../examples/stored/seal.ts";
import type { CachedModel } from "./model-cache.ts";
import type { PlanVerifier } from "./plan-verifier.ts";

/** The version of the form in which a model is kept: the first byte of what lies on the shelf. */
const FORM = 1;

/** How often a model is written anew because another tab or process has written one meanwhile. */
const ATTEMPTS = 3;

/** What is kept of a model beside its two blocks: ids, and what verifies them. */
interface Head {
  readonly plan: { readonly id: PlanId; readonly signature: string; readonly block: number };
  readonly checkpoint: { readonly id: CheckpointId; readonly block: number };
  readonly roundNumber: number;
}

/** What a `ModelStore` works with. */
export interface ModelStoreDeps {
  /** Where the bytes lie. */
  readonly shelf: ExampleShelf;
  readonly crypto: SymmetricCrypto;
  readonly verifier: PlanVerifier;
}

/**
 * Keeps one model, the newest, beyond the life of the page or the process. It is sealed with a key of
 * this device, and what is read is verified as if the server had sent it: the plan's signature, both
 * hashes, and the floors.
 */
export class ModelStore {
  readonly #deps: ModelStoreDeps;

  constructor(deps: ModelStoreDeps) {
    this.#deps = deps;
  }

  /**
   * Reads the kept model and verifies it.
   * @returns Undefined when none is kept.
   * @throws TributaryError `STORAGE_DAMAGED` when it is not what was kept; `STORAGE_NEWER` when a
   *   newer version of this SDK has kept it; those of `PlanVerifier`; the shelf's.
   */
  async read(): Promise<CachedModel | undefined> {
    const { shelf, crypto, verifier } = this.#deps;
    const stored = await shelf.catalogue();
    if (stored === undefined) return undefined;
    requireForm(stored.bytes);
    const sealer = await this.#sealer();
    const { plan, checkpoint, roundNumber } = decodeHead(
      await this.#open(sealer, stored.bytes.slice(1), "head"),
    );
    const [planBlock, weightsBlock] = await shelf.blocks([plan.block, checkpoint.block]);
    const planBytes = await this.#open(sealer, planBlock, "plan");
    const weightsBytes = await this.#open(sealer, weightsBlock, "checkpoint");
    if (
      planBytes.length > PROTOCOL_CONSTANTS.maxPlanBytes ||
      planIdOf(crypto, planBytes) !== plan.id ||
      checkpointIdOf(crypto, weightsBytes) !== checkpoint.id
    ) {
      throw damaged("The hash of the kept model is not the one it was kept under");
    }
    // Nobody asks for work here. The floors about work count when a round brings the plan again.
    const verified = await verifier.verify(plan.id, planBytes, fromHex(plan.signature), undefined);
    const weights = decodeCheckpoint(weightsBytes, verified.layout);
    return { plan: verified, checkpoint: { id: checkpoint.id, weights }, roundNumber };
  }

  /**
   * Keeps a model in place of the one before it: all of it, or nothing.
   * @throws TributaryError `STORAGE_FULL`, `STORAGE_DENIED` or `STORAGE_LOCKED`, and the model before
   *   it is still there.
   */
  async write({ plan, checkpoint, roundNumber }: CachedModel): Promise<void> {
    const { shelf } = this.#deps;
    if (plan.signature === undefined) {
      throw new TributaryError("INTERNAL", "A plan without its signature cannot be kept");
    }
    const sealer = await this.#sealer();
    const weightsBytes = Uint8Array.from(encodeCheckpoint(checkpoint.weights));
    const planBlock = await sealer.seal(Uint8Array.from(plan.bytes), "plan");
    const weightsBlock = await sealer.seal(weightsBytes, "checkpoint");
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = await shelf.catalogue();
      const head: Head = {
        plan: { id: plan.id, signature: toHex(plan.signature), block: randomId() },
        checkpoint: { id: checkpoint.id, block: randomId() },
        roundNumber,
      };
      const change = {
        after: before?.revision,
        catalogue: { revision: randomId(), bytes: await encodeHead(head, sealer) },
        put: new Map([
          [head.plan.block, planBlock],
          [head.checkpoint.block, weightsBlock],
        ]),
        remove: before === undefined ? [] : await this.#blocksOf(before.bytes, sealer),
      };
      if (await shelf.commit(change)) return;
    }
    throw new TributaryError("STORAGE_LOCKED", "Others keep models in this store all the time", {
      remedy: "Give each client a model store with a name of its own.",
    });
  }

  /** Removes everything, the key as well. */
  erase(): Promise<void> {
    return this.#deps.shelf.erase();
  }

  close(): Promise<void> {
    return this.#deps.shelf.close();
  }

  /** The blocks of the model that is kept, which the next one replaces. */
  async #blocksOf(bytes: Uint8Array<ArrayBuffer>, sealer: Sealer): Promise<readonly number[]> {
    requireForm(bytes);
    const { plan, checkpoint } = decodeHead(await this.#open(sealer, bytes.slice(1), "head"));
    return [plan.block, checkpoint.block];
  }

  async #sealer(): Promise<Sealer> {
    if (globalThis.crypto?.subtle === undefined) {
      throw new TributaryError(
        "STORAGE_DENIED",
        "The browser has no cryptography for pages that are not secure, and models are kept sealed",
        { remedy: "Serve the page over https." },
      );
    }
    const key = await this.#deps.shelf.key();
    if (key === undefined) throw damaged("The key of the kept model is lost");
    return aesSealer(key);
  }

  async #open(
    sealer: Sealer,
    bytes: Uint8Array<ArrayBuffer> | undefined,
    place: string,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (bytes === undefined) throw damaged(`The ${place} of the kept model is missing`);
    try {
      return await sealer.open(bytes, place);
    } catch (cause) {
      throw damaged(`The ${place} of the kept model was changed`, cause);
    }
  }
}

async function encodeHead(head: Head, sealer: Sealer): Promise<Uint8Array<ArrayBuffer>> {
  const text = new TextEncoder().encode(JSON.stringify(head));
  return Uint8Array.of(FORM, ...(await sealer.seal(text, "head")));
}

/** @param bytes - As they were sealed, so that only this SDK can have written them. */
const decodeHead = (bytes: Uint8Array): Head => JSON.parse(new TextDecoder().decode(bytes)) as Head;

function requireForm(bytes: Uint8Array): void {
  const form = bytes[0];
  if (form === FORM) return;
  if (form === undefined || form < FORM) throw damaged("The kept model has no known form");
  throw new TributaryError("STORAGE_NEWER", "A newer version of this SDK has kept the model", {
    remedy: "Use that version, or give the option modelStore another name.",
  });
}

const damaged = (message: string, cause?: unknown): TributaryError =>
  new TributaryError("STORAGE_DAMAGED", message, {
    remedy: "Nothing is to be done: the model is asked for and kept again.",
    cause,
  });
