// Takes part in one round with the settings in its address, and shows the events.
import { FederatedClient, type ParticipationEvent, type RandomSource } from "@tributary/client-sdk";
import { seededRandom } from "@tributary/protocol";
import { createWebCryptoProvider } from "@tributary/protocol/crypto-web";
import { stripedImages } from "./striped-images.ts";

const query = new URLSearchParams(location.search);
const setting = (name: string): string => query.get(name) ?? "";

/** Is never drawn from: a client in a Worker makes its own source from the seed. */
function seedOnly(seed: Uint8Array): RandomSource {
  const refuse = (): never => {
    throw new Error("The page draws random numbers");
  };
  return { bytes: refuse, derive: refuse, seed: () => seed };
}

async function randomOf(text: string): Promise<RandomSource> {
  const seed = Uint8Array.from(JSON.parse(text) as number[]);
  return query.has("inPage") ? seededRandom(await createWebCryptoProvider(), seed) : seedOnly(seed);
}

const client = new FederatedClient({
  url: setting("url"),
  serverKey: setting("serverKey"),
  population: setting("population"),
  examples: stripedImages(),
  ...(query.has("seed") ? { random: await randomOf(setting("seed")) } : {}),
  ...(query.has("inPage") ? { worker: false } : {}),
  ...(query.has("heartbeatMs")
    ? { limits: { heartbeatIntervalMs: Number(setting("heartbeatMs")) } }
    : {}),
});
const events: ParticipationEvent[] = [];
try {
  for await (const event of client.participate()) {
    events.push(event);
    document.title += ` ${event.type}`;
    if (event.type === "round-finished") break;
  }
} finally {
  const held = client.heldCheckpoint()?.weights.length;
  await client.close();
  document.body.textContent = JSON.stringify({ events, held });
}
