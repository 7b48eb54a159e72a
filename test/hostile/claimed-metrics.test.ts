import { expect, it } from "vitest";
import { honestUpdate } from "./support/hostile-client.ts";
import { openWorld } from "./support/hostile-world.ts";

it("one client that claims a perfect model neither ends the task nor moves the round's metrics", async () => {
  const world = await openWorld();
  const population = "claims";
  const taskId = await world.startTask(
    population,
    { goalCount: 3, minimumFraction: 1 },
    {
      plan: { metrics: ["accuracy"] },
      stop: { targetMetric: { name: "accuracy", atLeast: 0.5 } },
    },
  );
  const clients = [await world.greet(), await world.greet(), await world.greet()];
  const configurations = await Promise.all(
    clients.map((client, index) =>
      client.joinRound(population, { exampleCount: index === 0 ? 1_000 : 10 }),
    ),
  );
  const claim = (loss: number, accuracy: number) => ({
    metrics: [
      { name: "loss", value: loss },
      { name: "accuracy", value: accuracy },
    ],
  });
  const perfect = { exampleCount: 1_000, ...claim(-1e9, 1e9) };
  for (const [index, client] of clients.entries()) {
    const header = index === 0 ? perfect : claim(2, 0.1 * index);
    expect((await client.report(configurations[index]!, honestUpdate, header)).refused).toBe(
      undefined,
    );
  }
  await Promise.all(clients.map((client) => client.expect("roundOutcome")));
  const record = await world.server.storage.rounds.round(configurations[0]!.roundId);
  expect(record?.metrics).toEqual({ loss: 2, accuracy: 0.2 });
  expect((await world.server.storage.rounds.task(taskId))?.state).toBe("running");
});
