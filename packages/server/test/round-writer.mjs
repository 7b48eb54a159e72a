// Opens the embedded store in argv[2] and commits rounds until it is killed. Prints a line when its
// own code has been loaded, when the store is open, and for each round when the store has said that it is committed.
import { writeSync } from "node:fs";
import { checkpointIdOf, cryptographicRandom, opaqueId, parseTask } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { openEmbeddedStore } from "../src/open-storage.ts";

const crypto = createNodeCryptoProvider();
const random = cryptographicRandom(crypto);
const content = (byteLength) => {
  const bytes = random.bytes(byteLength);
  return { id: checkpointIdOf(crypto, bytes), bytes };
};

writeSync(1, "loaded\n");
const { rounds } = await openEmbeddedStore({ folder: process.argv[2], crypto });
let [task] = await rounds.tasks();
if (task === undefined) {
  const initial = content(1_000);
  task = {
    id: opaqueId("task", random.bytes(16)),
    name: "next-digit",
    population: "keyboard",
    definition: parseTask({
      population: "keyboard",
      name: "next-digit",
      model: { builtin: "logistic-regression" },
    }),
    planBytes: random.bytes(5_000),
    state: "running",
    endReason: null,
    pauseReason: null,
    initialCheckpoint: initial.id,
    createdAtMs: 1,
  };
  await rounds.createTask(task, initial.bytes);
}
writeSync(1, "opened\n");

for (;;) {
  const number = ((await rounds.lastCommitted(task.id))?.roundNumber ?? 0) + 1;
  const { id, bytes } = content(300_000);
  const round = {
    id: opaqueId("rnd", random.bytes(16)),
    taskId: task.id,
    kind: "training",
    number,
    outcome: "committed",
    startedAtMs: number,
    endedAtMs: number,
    attempts: 1,
    roundTimeMs: 0,
    baseCheckpoint: task.initialCheckpoint,
    checkpoint: id,
    reason: null,
    selected: 1,
    reported: 1,
    rejected: 0,
    droppedOut: 0,
    fates: { reported: 1, refused: {}, withdrew: {}, left: {}, unfinished: {} },
    exampleCount: 1,
    bytesUp: 1,
    bytesDown: 1,
    metrics: { loss: 1 / number },
  };
  const record = {
    id,
    taskId: task.id,
    roundNumber: number,
    byteLength: bytes.length,
    createdAtMs: number,
    optimizerMemory: null,
  };
  // One device is in every round. The other is in this one only, and named for it.
  const participations = ["always", round.id].map((deviceId) => ({
    deviceId,
    roundNumber: number,
    atMs: number,
  }));
  await rounds.commit({ round, checkpoint: { record, bytes }, participations });
  writeSync(1, `${number} ${id}\n`);
}
