import { expect, it } from "vitest";
import { systemClock, type Clock } from "@tributary/server";
import { openWorld } from "./support/hostile-world.ts";

it("a server whose clock jumps back and forth by hours goes on with its rounds", async () => {
  let skewMs = 0;
  const clock: Clock = {
    now: () => systemClock.now() + skewMs,
    elapsedMs: () => systemClock.elapsedMs(),
    schedule: (delayMs, callback) => systemClock.schedule(delayMs, callback),
  };
  const world = await openWorld({ clock });
  const client = await world.greet();
  for (const hours of [-5, 5, -24, 1_000, 0]) {
    skewMs = hours * 3_600_000;
    await world.honestRounds(1);
    client.send({ type: "modelRequest", population: "nobody", heldArtifacts: [] });
    expect((await client.expect("failure")).code).toBe("MODEL_UNAVAILABLE");
    await world.greet();
  }
});
