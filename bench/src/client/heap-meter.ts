import type { CDPSession } from "playwright-core";

/** What a session of the devtools answers. */
interface Answer {
  readonly id: number;
  readonly result?: { readonly usedSize?: number };
}

/** Reads how much memory the objects of a page and of its Workers take. */
export class HeapMeter {
  readonly #page: CDPSession;
  /** The sessions of the page's Workers. */
  readonly #workers: Set<string> = new Set();
  readonly #asked: Map<number, (answer: Answer) => void> = new Map();
  #nextId = 1;

  private constructor(page: CDPSession) {
    this.#page = page;
  }

  /** To be called before the page starts its Workers. */
  static async attach(page: CDPSession): Promise<HeapMeter> {
    const meter = new HeapMeter(page);
    page.on("Target.attachedToTarget", ({ sessionId }) => meter.#workers.add(sessionId));
    page.on("Target.detachedFromTarget", ({ sessionId }) => meter.#workers.delete(sessionId));
    page.on("Target.receivedMessageFromTarget", ({ message }) => {
      const answer = JSON.parse(message) as Answer;
      meter.#asked.get(answer.id)?.(answer);
      meter.#asked.delete(answer.id);
    });
    await page.send("Target.setAutoAttach", {
      autoAttach: true,
      waitForDebuggerOnStart: false,
      flatten: false,
    });
    return meter;
  }

  /** Collects garbage, and returns what is left in the page and its Workers, KiB. */
  async usedKiB(): Promise<number> {
    await this.#page.send("HeapProfiler.collectGarbage");
    let used = (await this.#page.send("Runtime.getHeapUsage")).usedSize;
    for (const worker of this.#workers) {
      await this.#ask(worker, "HeapProfiler.collectGarbage");
      used += (await this.#ask(worker, "Runtime.getHeapUsage")).result?.usedSize ?? 0;
    }
    return used / 1_024;
  }

  async #ask(sessionId: string, method: string): Promise<Answer> {
    const id = this.#nextId++;
    const answered = new Promise<Answer>((resolve) => this.#asked.set(id, resolve));
    const message = JSON.stringify({ id, method });
    await this.#page.send("Target.sendMessageToTarget", { sessionId, message });
    return answered;
  }
}
