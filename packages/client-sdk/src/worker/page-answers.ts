import { TributaryError } from "@tributary/protocol";
import type { Handlers } from "@tributary/protocol/worker-port";
import type { Checkpoint } from "../client-core/client-core.ts";
import type { FederatedClientOptions } from "../client-core/client-options.ts";
import { requireExamples } from "../examples/example-form.ts";
import type { ExampleStore } from "../examples/example-store.ts";
import type { KeyStore } from "../enrolment/key-store.ts";
import { askStore, loadTable } from "../participation/app-examples.ts";
import type { EventSink } from "../participation/event-stream.ts";
import { copyInPieces } from "./copy-in-pieces.ts";
import type { PageTalk } from "./conversations.ts";
import type { StoreName } from "./crossing-options.ts";
import { revivedEvent } from "./plain-event.ts";

/** What the page has that the Worker asks for. */
export interface PageParts {
  readonly options: FederatedClientOptions;
  readonly stores: Readonly<Partial<Record<StoreName, ExampleStore>>>;
  /** Where events go; undefined while nobody takes part. */
  readonly events: () => EventSink | undefined;
  readonly onHeld: (checkpoint: Checkpoint) => void;
  readonly onOutOfReach: (reason: string) => void;
  readonly watchDevice: (isWatched: boolean) => void;
}

/** The page's answers to what the Worker asks. */
export function pageAnswers(parts: PageParts): Handlers<PageTalk> {
  const store = (name: StoreName): ExampleStore => there(parts.stores[name], `store ${name}`);
  const keyStore = (): KeyStore => {
    const { deviceKey } = parts.options;
    return there(deviceKey instanceof Uint8Array ? undefined : deviceKey, "key store");
  };
  return {
    event: (event) => parts.events()?.push(revivedEvent(event)),
    room: (_, { signal }) => parts.events()?.room(signal),
    held: (checkpoint) => parts.onHeld(checkpoint),
    outOfReach: (reason) => parts.onOutOfReach(reason),
    watchDevice: (isWatched) => parts.watchDevice(isWatched),
    countExamples: (name, { signal }) => askStore(() => store(name).count(), signal),
    async loadExamples({ store: name, contract }, handling) {
      const { signal } = handling;
      const examples = await askStore(() => store(name).load(signal, contract), signal);
      requireExamples(examples);
      // The app keeps its own arrays, and copying a large one takes longer than a frame.
      const features = await copyInPieces(examples.features);
      const labels = await copyInPieces(examples.labels);
      handling.transfer(features.buffer, labels.buffer);
      return { ...examples, features, labels };
    },
    loadTable: (name, { signal }) => loadTable(store(name), signal),
    approvePlan: ({ plan, summary }) =>
      there(parts.options.approvePlan, "function approvePlan")(plan, summary),
    token: (request, { signal }) => {
      const { token } = parts.options;
      return typeof token === "function" ? token({ ...request, signal }) : there(token, "token");
    },
    loadDeviceKey: () => keyStore().load(),
    saveDeviceKey: (seed) => keyStore().save(seed),
  };
}

function there<Part>(part: Part | undefined, name: string): Part {
  if (part !== undefined) return part;
  throw new TributaryError("INTERNAL", `The Worker asks for a ${name}, and the app has none`);
}
