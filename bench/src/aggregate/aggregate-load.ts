import {
  PROTOCOL_CONSTANTS,
  dueArtifacts,
  seededRandom,
  updateCodec,
  updateCodecNames,
  xoshiro128,
  type ArtifactId,
  type ServerMessage,
  type UpdateSpec,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { serve } from "@tributary/protocol/worker-port";
import { ownerEndpoint } from "@tributary/protocol/worker-port-node";
import { FloorClient, type FloorFrames } from "./floor-client.ts";
import {
  greetWire,
  type WireClient,
  loopbackAddress,
  wireDeps,
  type BenchTarget,
  type WireDeps,
} from "../load/wire-client.ts";

// `bench aggregate` runs this in a process of its own. It holds the clients, which take the model
// and report at once. They do not train: their updates are encoded in advance, and clients share
// them.

export interface AggregateLoadConversation {
  /** Connects clients to the server. */
  readonly connect: { readonly request: ClientsSetup; readonly answer: void };
  /** Connects clients to the floor. */
  readonly connectFloor: { readonly request: FloorClientsSetup; readonly answer: void };
  /** Lets all clients take the model, and then report at the same time. */
  readonly round: { readonly request: void; readonly answer: void };
}

export interface ClientsSetup {
  readonly target: BenchTarget;
  readonly clients: number;
  readonly population: string;
  readonly parameters: number;
  readonly update: UpdateSpec;
  readonly seed: number;
}

export interface FloorClientsSetup {
  readonly target: BenchTarget;
  readonly clients: number;
  readonly frames: FloorFrames;
}

/** How many different updates there are among all clients. */
const PAYLOADS = 4;
/** How many connections are being opened at the same time. */
const CONCURRENCY = 16;
/**
 * How many clients come from one address. A server allows more connections than that from an
 * address.
 */
const CLIENTS_PER_ADDRESS = 500;
/**
 * How many examples the first client claims. Each further client claims one more, so that the
 * weights differ.
 */
const FIRST_EXAMPLE_COUNT = 10;

/** One client's part in a round, in two steps, so that all clients can report at the same time. */
interface Member {
  /** Takes the model. Resolves with the second step, which sends the report. */
  takeModel(): Promise<() => Promise<void>>;
}

const crypto = createNodeCryptoProvider();
let members: readonly Member[] = [];

serve<AggregateLoadConversation>(ownerEndpoint(), {
  async connect(setup) {
    members = await connectClients(setup);
  },
  async connectFloor(setup) {
    members = await connectFloor(setup);
  },
  async round() {
    const reports = await Promise.all(members.map((member) => member.takeModel()));
    await Promise.all(reports.map((report) => report()));
  },
});

async function connectAll<Client>(
  target: BenchTarget,
  clients: number,
  connect: (deps: WireDeps, localAddress: string, index: number) => Promise<Client>,
): Promise<Client[]> {
  const deps = wireDeps(target);
  const connected: Client[] = [];
  let next = 0;
  const connectSome = async (): Promise<void> => {
    while (next < clients) {
      const index = next++;
      const address = loopbackAddress(Math.floor(index / CLIENTS_PER_ADDRESS));
      connected.push(await connect(deps, address, index));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, connectSome));
  return connected;
}

async function connectClients(setup: ClientsSetup): Promise<Member[]> {
  const { population, parameters, update, seed } = setup;
  const payloads = encodedUpdates(parameters, update, seed);
  return connectAll(setup.target, setup.clients, async (deps, address, index) => {
    const client = await greetWire(deps, address);
    const report = {
      codec: update.codec,
      payload: payloads[index % payloads.length]!,
      exampleCount: FIRST_EXAMPLE_COUNT + index,
    };
    const held = new Set<ArtifactId>();
    return { takeModel: () => takeModel(client, population, report, held) };
  });
}

interface Report {
  readonly codec: string;
  readonly payload: Uint8Array;
  readonly exampleCount: number;
}

/**
 * Takes the model of a round.
 * @param held - What the client says that it holds: what it was sent last, like the SDK's cache. It
 *   is changed.
 */
async function takeModel(
  client: WireClient,
  population: string,
  report: Report,
  held: Set<ArtifactId>,
): Promise<() => Promise<void>> {
  client.checkIn(population, {
    codecs: updateCodecNames,
    heldArtifacts: [...held],
    exampleCount: report.exampleCount,
  });
  const round = await client.waitFor("roundConfiguration");
  const { delivery } = round;
  const due = dueArtifacts(delivery, (id) => held.has(id));
  let missing = due.reduce((sum, { byteLength }) => sum + byteLength, 0);
  while (missing > 0) {
    const received = await client.next();
    if ("kind" in received) missing -= received.body.length - TAG_BYTES;
  }
  held.clear();
  held.add(delivery.plan.id).add(delivery.checkpoint.id);
  return () => sendReport(client, round, report);
}

const TAG_BYTES = 16;

async function sendReport(
  client: WireClient,
  round: Extract<ServerMessage, { type: "roundConfiguration" }>,
  { codec, payload, exampleCount }: Report,
): Promise<void> {
  const { roundId, reportNonce } = round;
  client.send({ type: "configured", roundId });
  client.send({
    type: "reportBegin",
    roundId,
    reportNonce,
    exampleCount,
    codec,
    updateBytes: payload.length,
    metrics: [{ name: "loss", value: 1 }],
  });
  await client.waitFor("reportGrant");
  const { reportChunkBytes } = PROTOCOL_CONSTANTS;
  for (let start = 0; start < payload.length; start += reportChunkBytes) {
    client.send({ type: "reportChunk", data: payload.subarray(start, start + reportChunkBytes) });
  }
  const { refused } = await client.waitFor("reportResult");
  if (refused !== undefined) throw new Error(`A report was refused: ${refused.message}`);
  const { outcome } = await client.waitFor("roundOutcome");
  if ("abandoned" in outcome) throw new Error(`The round was abandoned: ${outcome.abandoned}`);
}

/**
 * Makes encoded updates whose values are small and about normally distributed, as those of honest
 * clients are.
 */
function encodedUpdates(parameters: number, update: UpdateSpec, seed: number): Uint8Array[] {
  const codec = updateCodec(update);
  return Array.from({ length: PAYLOADS }, (_, index) => {
    const random = seededRandom(crypto, seed).derive(`update ${index}`);
    const words = xoshiro128(random.bytes(16));
    const values = new Float32Array(parameters);
    for (let i = 0; i < parameters; i++) {
      const sum = words() + words() + words() + words();
      values[i] = (sum / 2 ** 32 - 2) * 0.01;
    }
    return codec.encode(values, random);
  });
}

async function connectFloor(setup: FloorClientsSetup): Promise<Member[]> {
  return connectAll(setup.target, setup.clients, async (deps, address) => {
    const client = await FloorClient.connect(deps, address, setup.frames);
    return {
      async takeModel() {
        await client.download();
        return () => client.upload();
      },
    };
  });
}
