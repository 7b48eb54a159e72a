import { expect, it } from "vitest";
import type { ClientMessage, ErrorCode } from "@tributary/protocol";
import { DIMENSION, honestUpdate } from "./support/hostile-client.ts";
import { openWorld } from "./support/hostile-world.ts";

type Header = Partial<Extract<ClientMessage, { type: "reportBegin" }>>;

it.each<[string, Header, ErrorCode]>([
  ["one value too few", { updateBytes: 4 * DIMENSION - 4 }, "UPDATE_SHAPE"],
  ["no value", { updateBytes: 0 }, "UPDATE_SHAPE"],
  ["another codec", { codec: "uniform" }, "UPDATE_MALFORMED"],
  ["an unknown codec", { codec: "x".repeat(60) }, "UPDATE_MALFORMED"],
  ["no examples", { exampleCount: 0 }, "EXAMPLE_COUNT_INVALID"],
  ["more examples than there can be", { exampleCount: 2 ** 21 }, "EXAMPLE_COUNT_INVALID"],
  ["no metrics", { metrics: [] }, "METRICS_INVALID"],
  ["a metric that is NaN", { metrics: [{ name: "loss", value: Number.NaN }] }, "METRICS_INVALID"],
])("a report with %s is refused when it is announced", async (_name, header, code) => {
  const world = await openWorld();
  const { attacker, configuration, finish } = await world.pair();
  attacker.configured(configuration);
  attacker.begin(configuration, header);
  expect((await attacker.expect("reportResult")).refused?.code).toBe(code);
  await finish(1);
  await world.honestRounds(1);
});

it("an update with values that are far too large is refused as a whole", async () => {
  const world = await openWorld();
  const { attacker, configuration, finish } = await world.pair();
  const result = await attacker.report(configuration, honestUpdate.slice().fill(1e30));
  expect(result.refused?.code).toBe("UPDATE_OUT_OF_RANGE");
  await finish(1);
  await world.honestRounds(1);
});
