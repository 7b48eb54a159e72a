import { expect, it } from "vitest";
import { builtinModel, parseTask, seededRandom } from "@tributary/protocol";
import { crypto } from "./support/hostile-client.ts";
import { openWorld, type HostileWorld } from "./support/hostile-world.ts";

/**
 * Creates a task with a model of 6.6 MB: several times more than the operating system buffers for a
 * client that does not read.
 */
async function createLargeModel(world: HostileWorld): Promise<void> {
  const definition = parseTask({
    population: "large",
    name: "large",
    model: { builtin: "mcmahan-cnn" },
    plan: { batchSize: 10, loss: "categoricalCrossentropy" },
    round: { goalCount: 1 },
    publicModel: true,
    stop: { rounds: 1 },
  });
  const { description, values } = builtinModel("mcmahan-cnn", seededRandom(crypto, 1));
  await world.server.coordinator.createTask(definition, description, values);
}

it("a client that requests models and never reads them is disconnected", async () => {
  const world = await openWorld({ limits: { sendTimeoutMs: 300 } });
  await createLargeModel(world);
  const deaf = await world.greet();
  deaf.socket.pause();
  for (let request = 0; request < 12; request++) {
    deaf.send({ type: "modelRequest", population: "large", heldArtifacts: [] });
    // The operating system's buffers fill in the meantime.
    await world.honestRounds(1);
  }
  await world.reaches('tributary_connections_cut_total{reason="slow-reader"}', 1);
  await world.honestRounds(2);
  deaf.socket.terminate();
});

it("a client that does not answer pings is disconnected", async () => {
  const world = await openWorld({ limits: { heartbeatIntervalMs: 200 } });
  const deaf = await world.greet({ autoPong: false });
  await deaf.closed;
  expect(await world.metric('tributary_connections_cut_total{reason="silent"}')).toBe(1);
  await world.honestRounds(2);
});
