// What the server has copied of a report is zero once the report has been added, refused or given up.
import { afterEach, expect, it, vi } from "vitest";
import type { Configuration } from "@tributary/protocol/testing";
import { Member } from "../src/coordinator/round/member.ts";
import { UploadBuffers } from "../src/coordinator/round/upload-buffers.ts";
import { eventually, startGateway, type GatewayWorld, type WireClient } from "./gateway-world.ts";

afterEach(() => vi.restoreAllMocks());

/** Collects the memory that reports go through: decrypted pieces, and the buffers of turns. */
function watchCopies(): { readonly pieces: Uint8Array[]; readonly buffers: Uint8Array[] } {
  const pieces: Uint8Array[] = [];
  const append = Reflect.get(Member.prototype, "append");
  vi.spyOn(Member.prototype, "append").mockImplementation(function (this: Member, piece) {
    pieces.push(piece);
    return Reflect.apply(append, this, [piece]);
  });
  const buffers: Uint8Array[] = [];
  const take = Reflect.get(UploadBuffers.prototype, "take");
  vi.spyOn(UploadBuffers.prototype, "take").mockImplementation(function (
    this: UploadBuffers,
    byteLength,
  ) {
    const buffer = Reflect.apply(take, this, [byteLength]);
    buffers.push(buffer);
    return buffer;
  });
  return { pieces, buffers };
}

const UPDATE = new Float32Array(5).fill(0.123456);
const BAD = UPDATE.slice().fill(Number.NaN);

interface Scene {
  /** The pieces that have come. */
  readonly pieces: readonly Uint8Array[];
  readonly world: GatewayWorld;
  readonly client: WireClient;
  readonly configuration: Configuration;
}

/** Announces a report, and sends some of its bytes or all of them. */
async function upload(
  { client, configuration, pieces }: Scene,
  update: Float32Array,
  bytes = 4 * update.length,
): Promise<void> {
  client.configured(configuration);
  const payload = client.begin(configuration, update);
  await client.expect("reportGrant");
  client.send({ type: "reportChunk", data: payload.subarray(0, bytes) });
  await eventually("the bytes came", () => pieces.length === 1);
}

it.each<[string, (scene: Scene) => Promise<void>]>([
  [
    "has been added",
    async (scene) => {
      await upload(scene, UPDATE);
      await scene.client.waitFor("roundOutcome");
    },
  ],
  [
    "is refused",
    async (scene) => {
      await upload(scene, BAD);
      expect((await scene.client.expect("reportResult")).refused?.code).toBe("UPDATE_NOT_FINITE");
    },
  ],
  [
    "is withdrawn half way",
    async (scene) => {
      await upload(scene, UPDATE, 12);
      const { roundId } = scene.configuration;
      scene.client.send({ type: "withdraw", roundId, code: "ABORTED", message: "" });
      await scene.client.roundTrip();
    },
  ],
  [
    "breaks off with its connection",
    async (scene) => {
      await upload(scene, UPDATE, 12);
      await scene.client.close();
    },
  ],
  [
    "belongs to a round that is given up",
    async (scene) => {
      await upload(scene, UPDATE, 12);
      const [task] = await scene.world.storage.rounds.tasks();
      await scene.world.coordinator.cancelTask(task!.id);
      await scene.client.waitFor("roundOutcome");
    },
  ],
])("nothing is left of a report that %s", async (_, act) => {
  const { pieces, buffers } = watchCopies();
  const world = await startGateway();
  await world.startTask({ round: { goalCount: 1, overselection: 1 } });
  const client = await world.greet();
  const configuration = await client.joinRound();
  await act({ pieces, world, client, configuration });
  await eventually("the copies are zero", () =>
    [...pieces, ...buffers].every((copy) => copy.every((byte) => byte === 0)),
  );
  expect([pieces.length, buffers.length]).toEqual([1, 1]);
});
