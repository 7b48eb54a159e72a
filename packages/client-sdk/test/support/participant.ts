import { seededRandom, type Plan } from "@tributary/protocol";
import {
  FederatedClient,
  type FederatedClientDeps,
  type FederatedClientOptions,
  type ParticipateOptions,
  type ParticipationEvent,
  type ParticipationEventType,
} from "../../src/index.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { lineExamples, linearPlan, servedModel, type ServedModel } from "./linear-task.ts";
import { LinearTrainer } from "./linear-trainer.ts";
import { ScriptedServer, crypto, type ServerConnection } from "./scripted-server.ts";

type Told<Type extends ParticipationEventType> = Extract<ParticipationEvent, { type: Type }>;

/** Reads the events of a participation and records them. */
export class Reader {
  readonly events: ParticipationEvent[] = [];
  readonly #iterator: AsyncIterableIterator<ParticipationEvent, undefined, undefined>;

  constructor(iterator: AsyncIterableIterator<ParticipationEvent, undefined, undefined>) {
    this.#iterator = iterator;
  }

  get types(): readonly ParticipationEventType[] {
    return this.events.map(({ type }) => type);
  }

  /** Reads up to the next event of a type. */
  async until<Type extends ParticipationEventType>(type: Type): Promise<Told<Type>> {
    for (;;) {
      const { value, done } = await this.#iterator.next();
      if (done === true)
        throw new Error(`participation ended before ${type}: ${this.types.join()}`);
      this.events.push(value);
      if (value.type === type) return value as Told<Type>;
    }
  }

  /** Reads to the end. */
  async end(): Promise<void> {
    for await (const event of this.#iterator) this.events.push(event);
  }

  leave(): Promise<unknown> {
    return this.#iterator.return!();
  }
}

/** A client and its scripted server, with a clock that is moved by hand. */
export interface Stage {
  readonly server: ScriptedServer;
  readonly clock: ManualClock;
  readonly trainer: LinearTrainer;
  readonly client: FederatedClient;
  readonly model: ServedModel;
  readonly participate: (options?: ParticipateOptions) => Reader;
  readonly serve: (plan: Plan, weights: Float32Array) => ServedModel;
}

export function stage(
  options: Partial<FederatedClientOptions> = {},
  deps: FederatedClientDeps = {},
): Stage {
  const server = new ScriptedServer();
  // The time of day begins far from 0, where `elapsedMs` begins, so that a mix-up of the two shows.
  const clock = new ManualClock(1_700_000_000_000);
  const trainer = new LinearTrainer();
  const client = new FederatedClient(
    {
      url: "wss://learn.example",
      population: "test",
      serverKey: server.key,
      examples: lineExamples(),
      trainer,
      random: seededRandom(crypto, 7),
      ...options,
    },
    { connect: server.connect, clock, ...deps },
  );
  const serve = (plan: Plan, weights: Float32Array): ServedModel =>
    servedModel(crypto, server.secrets, plan, weights);
  return {
    server,
    clock,
    trainer,
    client,
    serve,
    model: serve(linearPlan(), Float32Array.of(0.5, -0.25, 0)),
    participate: (participation) => new Reader(client.participate(participation)),
  };
}

/** Starts to take part, until the connection has been greeted. */
export async function begin(
  { participate, server }: Stage,
  options?: ParticipateOptions,
): Promise<{ readonly reader: Reader; readonly connection: ServerConnection }> {
  const reader = participate(options);
  const connected = reader.until("connected");
  const connection = await server.accept();
  await connected;
  return { reader, connection };
}
