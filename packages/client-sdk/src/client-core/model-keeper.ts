import { asTributaryError, isTributaryError, type TributaryError } from "@tributary/protocol";
import { LoadOnce } from "../runtime/load-once.ts";
import type { CachedModel, ModelCache } from "../trust/model-cache.ts";
import type { ModelStore } from "../trust/model-store.ts";

/**
 * Brings the model of an earlier page or process into the cache, and keeps each new one. Where that
 * is not possible the client works from memory, and `onFault` is told why, once for each error code.
 */
export class ModelKeeper {
  readonly #cache: ModelCache;
  readonly #onFault: (error: TributaryError) => void;
  readonly #store: LoadOnce<ModelStore>;
  readonly #restored: LoadOnce<void>;
  readonly #told: Set<string> = new Set();
  /** The checkpoint that the store has, or is about to have. */
  #keptId: string | undefined;
  /** The model to be written next. One that comes while another is written replaces it. */
  #next: CachedModel | undefined;
  #writing: Promise<void> | undefined;

  constructor(
    open: () => Promise<ModelStore>,
    cache: ModelCache,
    onFault: (error: TributaryError) => void,
  ) {
    this.#cache = cache;
    this.#onFault = onFault;
    this.#store = new LoadOnce(open);
    this.#restored = new LoadOnce(() => this.#restore());
  }

  /** Reads the kept model, the first time that it is called. It never rejects. */
  restore(): Promise<void> {
    return this.#restored.get();
  }

  /** Begins to keep a model, beside other work. */
  keep(model: CachedModel): void {
    if (model.checkpoint.id === this.#keptId) return;
    this.#keptId = model.checkpoint.id;
    this.#next = model;
    this.#writing ??= this.#write();
  }

  /** Waits for what is being written, and frees the store. */
  async close(): Promise<void> {
    await this.#writing;
    const store = await this.#store.take()?.catch(() => undefined);
    await store?.close();
  }

  async #restore(): Promise<void> {
    await this.#try(async (store) => {
      try {
        const model = await store.read();
        if (model === undefined) return;
        this.#keptId = model.checkpoint.id;
        this.#cache.keep(model);
      } catch (error) {
        // What cannot be read again would be in the way of what comes next.
        if (isTributaryError(error, "STORAGE_DAMAGED")) await store.erase();
        throw error;
      }
    });
  }

  async #write(): Promise<void> {
    while (this.#next !== undefined) {
      const model = this.#next;
      this.#next = undefined;
      const isKept = await this.#try((store) => store.write(model));
      if (!isKept && this.#next === undefined) this.#keptId = undefined;
    }
    this.#writing = undefined;
  }

  /** @returns Whether it worked. */
  async #try(work: (store: ModelStore) => Promise<void>): Promise<boolean> {
    try {
      await work(await this.#store.get());
      return true;
    } catch (cause) {
      const error = asTributaryError(cause);
      if (!this.#told.has(error.code)) this.#onFault(error);
      this.#told.add(error.code);
      return false;
    }
  }
}
