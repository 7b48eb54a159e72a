import {
  cryptographicRandom,
  type ClientCrypto,
  type SymmetricCrypto,
  type UpdateKernels,
  type RandomSource,
  type TributaryError,
} from "@tributary/protocol";
import { Credentials } from "../enrolment/credentials.ts";
import { LoadOnce } from "../runtime/load-once.ts";
import type { ThreadPlatform } from "../platform/platform.ts";
import type { SessionDeps } from "../session/session.ts";
import type { LocalTrainer } from "../training/local-trainer.ts";
import type { ShelfRequest } from "../platform/shelf-request.ts";
import type { ModelCache } from "../trust/model-cache.ts";
import type { ModelStore } from "../trust/model-store.ts";
import { ModelDelivery } from "../trust/model-delivery.ts";
import { PlanApproval } from "../trust/plan-approval.ts";
import { PlanVerifier } from "../trust/plan-verifier.ts";
import { RunningDeliveries } from "../trust/running-deliveries.ts";
import type { FederatedClientOptions } from "./client-options.ts";
import type { ClientSettings } from "./client-settings.ts";
import type { ModelKeeper } from "./model-keeper.ts";

/**
 * What a client needs to work, made when it is first needed and kept for the client's life. A
 * client that only predicts never loads a trainer, for example.
 */
export class ClientResources {
  readonly #options: FederatedClientOptions;
  readonly #platform: ThreadPlatform;
  readonly #settings: ClientSettings;
  readonly #crypto: LoadOnce<ClientCrypto>;
  readonly #kernels: LoadOnce<UpdateKernels>;
  /** The trainer that this client makes itself; unused when the app gave one. */
  readonly #ownTrainer: LoadOnce<LocalTrainer>;
  #random: RandomSource | undefined;
  /** The deliveries over all connections of the client. */
  readonly deliveries: RunningDeliveries = new RunningDeliveries();
  #credentials: Credentials | undefined;
  #approval: PlanApproval | undefined;

  constructor(settings: ClientSettings, platform: ThreadPlatform) {
    const { options } = settings;
    this.#options = options;
    this.#platform = platform;
    this.#settings = settings;
    this.#crypto = new LoadOnce(() => platform.createCrypto());
    this.#kernels = new LoadOnce(() => platform.createKernels());
    this.#ownTrainer = new LoadOnce(() => platform.createTrainer(trainerOptions(options)));
  }

  /** Loads the platform's cryptography. */
  crypto(): Promise<ClientCrypto> {
    return this.#crypto.get();
  }

  /**
   * Loads the inner loops of the codecs: for the first update that is encoded, or model unpacked.
   */
  kernels(): Promise<UpdateKernels> {
    return this.#kernels.get();
  }

  /**
   * The app's trainer, or one that this client makes.
   * @throws TributaryError `ENGINE_UNAVAILABLE` when no engine that the options allow can be used.
   */
  trainer(): Promise<LocalTrainer> {
    const { trainer } = this.#options;
    return trainer === undefined ? this.#ownTrainer.get() : Promise.resolve(trainer);
  }

  /** The app's source of randomness, or a cryptographic one. */
  random(crypto: ClientCrypto): RandomSource {
    this.#random ??= this.#options.random ?? cryptographicRandom(crypto);
    return this.#random;
  }

  /** The client's credentials: one object, so that the app's key store is asked only once. */
  credentials(crypto: ClientCrypto): Credentials {
    const { population, token, deviceKey } = this.#options;
    this.#credentials ??= new Credentials(crypto, { population, token, deviceKey });
    return this.#credentials;
  }

  /** What the app says to plans: one object, which remembers the answers. */
  approval(crypto: SymmetricCrypto): PlanApproval {
    this.#approval ??= new PlanApproval(crypto, this.#options.approvePlan);
    return this.#approval;
  }

  /** What a session with the server works with. */
  sessionDeps(crypto: ClientCrypto, cache: ModelCache): SessionDeps {
    const { connect, clock } = this.#platform;
    const { floors } = this.#settings;
    const verifier = this.#verifier(crypto);
    const kernels = (): Promise<UpdateKernels> => this.kernels();
    const deps = { crypto, verifier, floors, cache, kernels };
    return {
      connect,
      clock,
      crypto,
      openDelivery: (message, held) =>
        this.deliveries.add(
          new ModelDelivery(
            deps,
            message.delivery,
            held,
            // An answer to a request for the model does not name the task that the plan must be of.
            message.type === "roundConfiguration" ? message.taskName : undefined,
          ),
        ),
    };
  }

  /** Makes what keeps models beyond this page. Its code is loaded for apps that want it only. */
  async modelKeeper(
    request: ShelfRequest,
    cache: ModelCache,
    onFault: (error: TributaryError) => void,
  ): Promise<ModelKeeper> {
    const { ModelKeeper: Keeper } = await import("./model-keeper.ts");
    return new Keeper(() => this.#modelStore(request), cache, onFault);
  }

  async #modelStore(request: ShelfRequest): Promise<ModelStore> {
    const [crypto, { ModelStore: Store }, { openModelShelf }] = await Promise.all([
      this.crypto(),
      import("../trust/model-store.ts"),
      import("../platform/model-shelf.ts"),
    ]);
    const shelf = await openModelShelf(request);
    return new Store({ shelf, crypto, verifier: this.#verifier(crypto) });
  }

  #verifier(crypto: ClientCrypto): PlanVerifier {
    const { serverKey, floors, population } = this.#settings;
    return new PlanVerifier({ crypto, serverKey, floors, population });
  }

  /** Disposes the trainer that this client has made, if it has. The app's own is left alone. */
  async dispose(): Promise<void> {
    const trainer = await this.#ownTrainer.take()?.catch(() => undefined);
    trainer?.dispose();
  }
}

/** The options that concern the trainer; those that are not set are left out. */
function trainerOptions({
  engine,
  backend,
  wasmPaths,
}: FederatedClientOptions): Parameters<ThreadPlatform["createTrainer"]>[0] {
  return {
    ...(engine === undefined ? {} : { engine }),
    ...(backend === undefined ? {} : { backend }),
    ...(wasmPaths === undefined ? {} : { wasmPaths }),
  };
}
