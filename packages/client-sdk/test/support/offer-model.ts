import { expect } from "vitest";
import type { ServedModel } from "./linear-task.ts";
import type { Stage } from "./participant.ts";
import { deliveryOf } from "./scripted-server.ts";

/**
 * Plays the server: answers the client's next request for a model.
 * @returns The ids that the client said it holds.
 */
export async function offer(
  { server }: Pick<Stage, "server">,
  model: ServedModel,
  roundNumber: number,
): Promise<readonly string[]> {
  const connection = await server.accept();
  const { population, heldArtifacts } = await connection.expect("modelRequest");
  expect(population).toBe("test");
  const { delivery, frames } = deliveryOf(model, { held: heldArtifacts });
  connection.send({ type: "modelOffer", delivery, roundNumber });
  for (const frame of frames) connection.sendRaw(frame);
  expect((await connection.closed).code).toBe(1000);
  return heldArtifacts;
}
