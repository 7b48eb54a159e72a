import { TributaryError, isTributaryError, toPlain } from "@tributary/protocol";
import { WorkerPort, serve, type WorkerEndpoint } from "@tributary/protocol/worker-port";
import { clientSettings } from "../client-core/client-settings.ts";
import { OwnThreadCore } from "../client-core/own-thread.ts";
import type { EventSink } from "../participation/event-stream.ts";
import type { WorkerPlatform } from "../platform/platform.ts";
import { deviceInPage } from "./device-in-page.ts";
import { optionsInWorker, type Page } from "./page-in-worker.ts";
import type { CoreTalk, PageTalk } from "./conversations.ts";
import { plainEvent } from "./plain-event.ts";

/** Errors after which the engines of the page may be able to do what those of the Worker cannot. */
const OUT_OF_REACH = ["MODEL_UNSUPPORTED", "ENGINE_UNAVAILABLE"] as const;

/**
 * Answers what a page asks of a client in a Worker: the Worker's side of `WorkerCore`. To be called
 * before the script first waits for anything.
 */
export function serveCore(endpoint: WorkerEndpoint, platform: WorkerPlatform): void {
  const page: Page = new WorkerPort<PageTalk>(endpoint, { name: "The page" });
  const device = deviceInPage(page);
  let opened: OwnThreadCore | undefined;
  let leaving: AbortController | undefined;
  let heldId: string | undefined;

  const core = (): OwnThreadCore => {
    if (opened !== undefined) return opened;
    throw new TributaryError("INTERNAL", "The Worker was not told whose client it is");
  };
  /** Tells the page of a checkpoint that it does not know yet, before what follows from it. */
  const tellHeld = (): void => {
    if (core().heldId === heldId) return;
    const checkpoint = core().held();
    if (checkpoint === undefined) return;
    heldId = checkpoint.id;
    page.tell("held", checkpoint, { transfer: buffersOf(checkpoint.weights) });
  };
  const tellOutOfReach = (error: unknown): void => {
    const isOut = OUT_OF_REACH.some((code) => isTributaryError(error, code));
    if (isOut && isTributaryError(error)) page.tell("outOfReach", error.message);
  };
  const events: EventSink = {
    push(event) {
      tellHeld();
      page.tell("event", plainEvent(event));
      if (event.type === "withdrawn") tellOutOfReach(event.error);
    },
    room: (signal) => page.ask("room", undefined, { signal }),
  };

  serve<CoreTalk>(endpoint, {
    async open(crossing) {
      const crypto = crossing.seed === undefined ? undefined : await platform.createCrypto();
      opened = new OwnThreadCore(clientSettings(optionsInWorker(page, crossing, crypto)), {
        ...platform,
        device,
      });
    },
    async participate() {
      leaving = new AbortController();
      try {
        await core().participate(events, leaving.signal);
      } catch (error) {
        tellOutOfReach(error);
        throw error;
      }
    },
    leave: () => leaving?.abort(),
    setPaused: (isPaused) => core().setPaused(isPaused),
    device: (state) => device.set(state),
    async newest(request, handling) {
      const checkpoint = await core().newest(request, handling.signal);
      tellHeld();
      handling.transfer(...buffersOf(checkpoint.weights));
      return checkpoint;
    },
    async dryRun(purpose, { signal }) {
      try {
        const { refused, ...result } = await core().dryRun(purpose, signal);
        return { ...result, refused: refused && toPlain(refused) };
      } catch (error) {
        tellOutOfReach(error);
        throw error;
      }
    },
  });
}

const buffersOf = ({ buffer }: Float32Array): readonly ArrayBuffer[] =>
  buffer instanceof ArrayBuffer ? [buffer] : [];
