// A server of the built package that ends its own process with SIGKILL at the step of a round that its parent names,
// or hangs there until the parent kills it. Its steps are events that everyone can listen to, and calls to its store.
// Orders come as IPC messages; what it has to say goes to standard output, at once, as lines of JSON.
import { writeSync } from "node:fs";
import {
  builtinModel,
  cryptographicRandom,
  decodeCheckpoint,
  decodePlan,
  layoutOf,
  parseTask,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { EventFeed, openStorage, silentLogger, startServer } from "@tributary/server";

const { dataDir, databaseUrl } = JSON.parse(process.argv[2]);
const crypto = createNodeCryptoProvider();
const random = cryptographicRandom(crypto);

const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`);

/** The step at which the process ends. */
let deadly;
let roundNumber = 0;

function reach(step) {
  if (step !== deadly) return;
  say({ died: { step, roundNumber } });
  process.kill(process.pid, "SIGKILL");
}

const storage = await openStorage({ storeDir: `${dataDir}/store`, databaseUrl, crypto });
const rounds = new Proxy(storage.rounds, {
  get(store, name) {
    if (name !== "commit") {
      return typeof store[name] === "function" ? store[name].bind(store) : store[name];
    }
    return async (commit) => {
      const { checkpoint } = commit;
      if (checkpoint === undefined) return store.commit(commit);
      reach("before anything is written");
      if (deadly === "when the checkpoint's file is there and its round is not") {
        // What the embedded store does before its transaction.
        await storage.checkpoints.put(checkpoint.record.id, checkpoint.bytes);
        reach(deadly);
      }
      await store.commit(commit);
      reach("right after the transaction");
    };
  },
});

// A feed of its own, because a server that recovers opens rounds before `startServer` resolves.
const events = new EventFeed(silentLogger);
events.subscribe((event) => {
  if (event.type === "round-opened") {
    ({ roundNumber } = event);
    reach("while clients are selected");
  }
  if (event.type === "round-started") reach("while the cohort is configured");
  if (event.type === "report-accepted" && event.accepted === 1) reach("after the first report");
  if (event.type === "phase-ended" && event.phase === "reporting") {
    reach("when all have reported");
  }
  if (event.type === "phase-ended" && event.phase === "committing") {
    reach("before the round is announced");
  }
  if (event.type === "round-ended") {
    reach("when the round has been announced");
    say({ ended: { roundNumber, outcome: event.round.outcome } });
  }
});
const server = await startServer(
  { dataDir, port: 0, adminPort: 0, tls: "none", logLevel: "silent" },
  { storage: { ...storage, rounds }, events },
);

/** All that the store says of the one task. */
async function readStore() {
  const [task] = await storage.rounds.tasks();
  const layout = layoutOf(decodePlan(task.planBytes).model.parameters);
  const checkpoints = [];
  for (const record of await storage.rounds.checkpoints(task.id)) {
    // `get` proves the bytes by their hash, `decodeCheckpoint` their length and that all are finite.
    const values = decodeCheckpoint(await storage.checkpoints.get(record.id), layout);
    checkpoints.push({ ...record, lastValue: values.at(-1) });
  }
  return { rounds: await storage.rounds.rounds(task.id), checkpoints };
}

/** Does what the parent asks. */
async function obey(order) {
  if (order.type === "die") deadly = order.at;
  if (order.type === "create") {
    const definition = parseTask(order.definition);
    const { description, values } = builtinModel(definition.model.builtin, random);
    const task = await server.coordinator.createTask(definition, description, values);
    await server.coordinator.startTask(task.id);
    say({ created: task.id });
  }
  if (order.type === "read") say({ store: await readStore() });
  if (order.type === "stop") {
    await server.close();
    await storage.close();
    process.exit(0);
  }
}

process.on("message", (order) => {
  // A fault must end this process, and so the test that waits for it.
  obey(order).catch((error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  });
});
say({ listening: { url: server.url, serverKey: server.serverKey } });
