import { TributaryError, type Limits, type RandomSource } from "@tributary/protocol";
import type { DeviceKeySource, TokenSource } from "./enrolment/credentials.ts";
import type { ExampleStore } from "./examples/example-store.ts";
import type { Examples } from "./examples/examples.ts";
import type { TlsOptions } from "./session/socket.ts";
import type { TrainerOptions } from "./engine-choice/choose-engine.ts";
import type { LocalTrainer } from "./training/local-trainer.ts";
import type { ClientFloors } from "./trust/client-floors.ts";

/** What an app decides. */
export interface FederatedClientOptions {
  /** The server's address: `wss://…`; `ws://` to a loopback address only. */
  readonly url: string;
  /** The population this client belongs to. */
  readonly population: string;
  /** The key that the server prints when it starts, pinned: `tributary-key-v1:…`. */
  readonly serverKey: string;
  /** What to train on. It never leaves this process. A store is asked anew in every round. */
  readonly examples: Examples | ExampleStore;
  /**
   * What to measure checkpoints on when the server asks for an evaluation: examples that are not among `examples` (`holdOut`
   * divides them). They never leave this process either. Without any, the client takes part in training alone.
   */
  readonly heldOut?: Examples | ExampleStore;
  /** What trains; `auto` unless set: see `TrainerOptions.engine`. Not used with `trainer`. */
  readonly engine?: NonNullable<TrainerOptions["engine"]>;
  /** What the engine computes with; `auto` unless set: see `TrainerOptions.backend`. Not used with `trainer`. */
  readonly backend?: NonNullable<TrainerOptions["backend"]>;
  /** Where tfjs's wasm files are: see `TfjsBackendOptions.wasmPaths`. Not used with `trainer`. */
  readonly wasmPaths?: NonNullable<TrainerOptions["wasmPaths"]>;
  /** Trains instead of one made by this client, which then also leaves its disposal to you. */
  readonly trainer?: LocalTrainer;
  /** What the app insists on, whatever a plan says. */
  readonly floors?: Partial<ClientFloors>;
  /**
   * Decides shuffles, dropout, rounding and waits; the platform's cryptographic source unless set. Give a seeded one
   * in experiments: the same seed, examples and models then give the same reports. Keys are never drawn from it.
   */
  readonly random?: RandomSource;
  /** For a population that takes enrolment tokens: one, or what gets one from the app's backend before each request. */
  readonly token?: TokenSource;
  /**
   * For a population that takes devices it knows: the device's Ed25519 seed, 32 bytes, or where the app keeps it. The server can
   * tell that two rounds had the same device in them: leave it out where the population does not ask for it.
   */
  readonly deviceKey?: DeviceKeySource;
  /** Trust in the server's certificate; Node only, since browsers have their own. */
  readonly tls?: TlsOptions;
  /** Changes to `DEFAULT_LIMITS`; those that both sides must agree on must be the server's as well. */
  readonly limits?: Partial<Limits>;
}

/** @throws TributaryError `BAD_PARAMETER`. */
export function checkCredentials(
  { token, deviceKey }: FederatedClientOptions,
  maxTokenBytes: number,
): void {
  if (deviceKey instanceof Uint8Array && deviceKey.length !== 32) {
    throw new TributaryError("BAD_PARAMETER", "The device key is not 32 bytes long", {
      remedy: "Give the seed of an Ed25519 key, or a key store.",
    });
  }
  if (typeof token === "string" && (token === "" || token.length > maxTokenBytes)) {
    throw new TributaryError("BAD_PARAMETER", "The enrolment token is empty or too long", {
      remedy: `Give a compact JWT of at most ${maxTokenBytes} characters.`,
    });
  }
}
