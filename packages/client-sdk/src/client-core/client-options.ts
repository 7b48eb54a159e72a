import type { Conditions, Limits, RandomSource } from "@tributary/protocol";
import type { WebWorker } from "@tributary/protocol/worker-port";
import type { DeviceKeySource, TokenSource } from "../enrolment/credentials.ts";
import type { ExampleStore } from "../examples/example-store.ts";
import type { ExampleTable } from "../examples/example-table.ts";
import type { Examples } from "../examples/examples.ts";
import type { ConnectionAgent, TlsOptions } from "../session/socket.ts";
import type { TrainerOptions } from "../engine-choice/trainer-options.ts";
import type { ShelfRequest } from "../platform/shelf-request.ts";
import type { LocalTrainer } from "../training/local-trainer.ts";
import type { ClientFloors } from "../trust/floors/client-floors.ts";
import type { ApprovePlan } from "../trust/plan-approval.ts";

/**
 * The settings of a `FederatedClient`. Only `url`, `population`, `serverKey` and `examples` are
 * required.
 */
export interface FederatedClientOptions {
  /**
   * The server's address: `wss://…`. An address with `ws://` is accepted for this machine
   * (loopback) only.
   */
  readonly url: string;
  /** The population this client belongs to. */
  readonly population: string;
  /**
   * The server's public key, as the server prints it when it starts: `tributary-key-v1:…`. The
   * client talks to no server that cannot prove that it holds this key.
   */
  readonly serverKey: string;
  /**
   * The examples to train on. They never leave this process. A table becomes examples as the data
   * contract of each task says. A store is asked again in every round.
   */
  readonly examples: Examples | ExampleTable | ExampleStore;
  /**
   * Held-out examples: those on which the client measures a checkpoint when the server asks for an
   * evaluation. They must not be among `examples` (`holdOut` divides one set into both), and they
   * never leave this process either. A client without them takes part in training rounds only.
   */
  readonly heldOut?: Examples | ExampleTable | ExampleStore;
  /**
   * The engine that trains; `auto` unless set. See `TrainerOptions.engine`. Ignored when `trainer`
   * is given.
   */
  readonly engine?: NonNullable<TrainerOptions["engine"]>;
  /**
   * The backend that the engine computes with; `auto` unless set. See `TrainerOptions.backend`.
   * Ignored when `trainer` is given.
   */
  readonly backend?: NonNullable<TrainerOptions["backend"]>;
  /**
   * Where tfjs finds its WebAssembly files. See `TfjsBackendOptions.wasmPaths`. Ignored when
   * `trainer` is given.
   */
  readonly wasmPaths?: NonNullable<TrainerOptions["wasmPaths"]>;
  /**
   * A trainer of the app's own, used instead of one that this client would make. The app disposes
   * it; the client never does. Several clients of one process may share a trainer.
   */
  readonly trainer?: LocalTrainer;
  /**
   * The app's minimum rules. A plan that breaks one of them is refused, whatever the server says.
   */
  readonly floors?: Partial<ClientFloors>;
  /**
   * What the device must be like for this client to work on it, whatever a plan says: `charging`,
   * `hours` and so on. A plan can ask for more, and for nothing less. The client waits while a condition
   * does not hold, and goes on by itself.
   */
  readonly conditions?: Partial<Conditions>;
  /**
   * Asked before the client does what a plan says: a person's consent, or a policy of the app's. A
   * plan that is not approved is refused. Unless it is set, the floors alone decide.
   */
  readonly approvePlan?: ApprovePlan;
  /**
   * The source of the order of examples, of dropout masks, of random rounding and of waits. It is
   * the platform's cryptographic source unless set. Give a seeded source in experiments: the same
   * seed, examples and models then give the same reports. Keys are never drawn from it.
   */
  readonly random?: RandomSource;
  /**
   * The enrolment token, for a population that asks for one: the token itself, or a function that
   * gets one from the app's backend before each check-in or request for the model.
   */
  readonly token?: TokenSource;
  /**
   * The device's key, for a population that admits known devices only: an Ed25519 seed of 32 bytes,
   * or the store in which the app keeps it. The key lets the server recognise the same device in
   * two rounds, so leave it out where the population does not ask for it.
   */
  readonly deviceKey?: DeviceKeySource;
  /** Which TLS certificates to trust. Node only, since browsers decide this themselves. */
  readonly tls?: TlsOptions;
  /**
   * An `http.Agent` that opens the connections, such as one for a proxy. Unless it is set, they go
   * through the proxy that the environment names in `HTTPS_PROXY` or `ALL_PROXY` (`HTTP_PROXY` for
   * `ws://`), except to the hosts in `NO_PROXY`; names in lower case count too. Node only, since
   * browsers decide this themselves.
   */
  readonly agent?: ConnectionAgent;
  /**
   * The limits to change; all others are as in `DEFAULT_LIMITS`. What both sides have to agree on
   * is in `PROTOCOL_CONSTANTS` and cannot be changed.
   */
  readonly limits?: Partial<Limits>;
  /**
   * Where the newest verified model is kept for the next page or process, so that it need not be
   * downloaded again and is there without a connection: in IndexedDB in browsers, in files in Node
   * (`directory`, which is `.tributary/models` unless set). One model is kept, sealed with a key of
   * this device. It is verified again when it is read. Unless it is set, models are kept in memory.
   */
  readonly modelStore?: ShelfRequest;
  /**
   * Where the client works; browsers only. With `auto`, the default, that is a Worker of its own
   * where there is one and nothing else that was given keeps the client in the page: a `trainer`,
   * the engine `tfjs`, a backend of tfjs, `deps`, or a source of randomness that has no seed. The
   * app's example stores, its token function and its key store stay in the page and are asked from
   * there. With `false` the client works in the page, between frames. A bundler or a policy that
   * needs a script of the app's own is given a Worker, its address, or a function that starts one;
   * the script is `@tributary/client-sdk/worker`. The client ends the Worker when it is closed.
   */
  readonly worker?: WorkerSource;
  /**
   * Whether one tab at a time takes part, of all tabs of this origin in the same population of the
   * same server; browsers only, and true unless set. The others wait (`waiting-for-tab`), and one of
   * them takes over when that one ends.
   */
  readonly oneTab?: boolean;
}

/**
 * Whether a client works in a Worker, and how that is started: `auto` or false, or a Worker, its
 * address, or a function that starts one.
 */
export type WorkerSource = false | string | URL | WebWorker | (() => WebWorker);
