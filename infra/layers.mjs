// The layers of the code: which package may import which, and which folder of a package may import
// which. `npm run lint` holds every file to this list through a rule of our own (layers-plugin.mjs),
// and test/project/lint-rules.test.ts proves each line of the list by breaking it.
//
// To add a folder, put its name into `layers` of its package, above every folder that it imports.

/**
 * @typedef {object} Package
 * @property {readonly string[]} imports - The packages of this project that it may import, in its
 *   sources and in its tests.
 * @property {readonly Layer[]} [layers] - What is in `src`, lowest first. Everything may import what
 *   stands before it and nothing that stands after it. Files that lie in `src` itself stand on top
 *   of all folders unless they are named here. Without this list, folders may import each other.
 * @property {readonly Reserved[]} [reserved] - What only some files of the package may use.
 */

/**
 * A folder of `src`, or a file of it; `testing/**` is a folder with all folders in it. The members of
 * an inner list are neighbours: neither may import the other.
 * @typedef {string | readonly string[]} Layer
 */

/**
 * @typedef {object} Reserved
 * @property {readonly string[]} [modules] - Modules from outside (`node:*` is every module of Node),
 *   or, beginning with `./`, files and folders of the package.
 * @property {readonly string[]} [globals] - Global names, such as `Date`, or properties of them, such
 *   as `Date.now`.
 * @property {readonly string[]} to - The files and folders that may use them; nobody if empty.
 * @property {string} instead - What all others do instead, in a sentence or two.
 */

/** @type {Reserved} */
const SEEDED_RANDOMNESS = {
  globals: ["Math.random"],
  to: [],
  instead: "Take a RandomSource as an argument: the same seed must give the same run.",
};

/** @type {Reserved} */
const NO_PRINTING = {
  globals: ["console"],
  to: [],
  instead: "A library does not print. Throw an error, or let the caller pass in a logger.",
};

/**
 * The files of a package that may read the time.
 * @param {readonly string[]} to
 * @returns {Reserved}
 */
const clockReaders = (to) => ({
  globals: ["Date.now", "performance.now"],
  to,
  instead: "Take a Clock as an argument: the same events must give the same run.",
});

/**
 * @type {Readonly<Record<string, Package>>} By the package's folder; `test` holds the tests that cross
 *   packages.
 */
export const PACKAGES = {
  "packages/protocol": {
    imports: [],
    layers: [
      ...[
        "clock.ts",
        "errors.ts",
        "plain-error.ts",
        "protocol-constants.ts",
        "limits.ts",
        "version.ts",
        "bytes",
        "ids.ts",
      ],
      "worker-port",
      ...["crypto", "random", "enrolment", "channel", "wire"],
      ...["kernels", "schema", "update", "model/topology", "model"],
      ...[
        [
          ...["plan/aggregation", "plan/bases", "plan/contract", "plan/optimizers"],
          "plan/server-optimizers",
        ],
        "plan/statistics",
      ],
      "plan",
      "testing/**",
    ],
    reserved: [
      {
        modules: ["node:*"],
        to: ["crypto/node-crypto.ts", "worker-port/node-endpoints.ts"],
        instead: "The protocol runs in browsers too. Take what the platform has as an argument.",
      },
      {
        modules: ["zod"],
        to: ["schema", "plan/**"],
        instead: "Only plans and tasks have schemas. Check other values by hand.",
      },
      { modules: ["protobufjs"], to: ["wire"], instead: "Use the typed codec of wire/." },
      {
        modules: ["libsodium-wrappers-sumo", "@noble/*"],
        to: ["crypto"],
        instead: "Take a CryptoProvider as an argument.",
      },
      clockReaders([]),
      SEEDED_RANDOMNESS,
      NO_PRINTING,
    ],
  },

  "packages/core": {
    imports: ["protocol"],
    layers: ["member", "rounds", "aggregation", "server-step", "collection", "testing"],
    reserved: [
      {
        modules: ["node:*"],
        globals: [
          ...["Date", "performance", "setTimeout", "setInterval", "setImmediate", "queueMicrotask"],
          ...["process", "crypto", "Buffer", "console", "fetch", "WebSocket"],
        ],
        to: [],
        instead:
          "This package is pure: time, randomness and effects come in as arguments and events.",
      },
      SEEDED_RANDOMNESS,
    ],
  },

  "packages/server": {
    imports: ["protocol", "core"],
    layers: [
      ...["runtime", "certificate", "storage", "storage/postgres", "enrolment", "telemetry"],
      "aggregation-threads",
      ...["coordinator/model", "coordinator/population", "coordinator/round", "coordinator/task"],
      "coordinator",
      ["gateway", "admin"],
      "testing/**",
    ],
    reserved: [
      {
        modules: ["./storage/files.ts", "./storage/memory.ts", "./storage/postgres"],
        to: ["storage/**", "open-storage.ts", "server.ts", "index.ts"],
        instead:
          "Take a RoundStore or a CheckpointStore as an argument: server.ts chooses the adapters.",
      },
      {
        modules: ["./gateway", "./admin"],
        to: ["gateway", "admin", "testing/**", "server.ts", "index.ts"],
        instead:
          "Leave it to server.ts to put the gateway and the admin API together with the rest.",
      },
      {
        modules: ["ws"],
        to: ["gateway"],
        instead: "Take what the gateway offers: a participant, a session.",
      },
      {
        modules: ["express"],
        to: ["admin"],
        instead: "Describe a route as admin/route.ts does: it knows no web framework.",
      },
      {
        modules: ["pg", "drizzle-orm", "@electric-sql/pglite"],
        to: ["storage/postgres"],
        instead: "Take a RoundStore or a CheckpointStore as an argument.",
      },
      { modules: ["pino"], to: ["runtime"], instead: "Take a Logger as an argument." },
      { modules: ["prom-client"], to: ["telemetry"], instead: "Take a Metrics as an argument." },
      clockReaders(["runtime/system-clock.ts"]),
      SEEDED_RANDOMNESS,
      NO_PRINTING,
    ],
  },

  "packages/client-sdk": {
    imports: ["protocol"],
    layers: [
      "version.generated.ts",
      ...["runtime", "conditions", "examples", "examples/from", "examples/stored"],
      ...["models", "enrolment", "trust/floors", "trust", "session"],
      "training",
      ["training/fused/compile", "training/fused/kernels"],
      ["training/fused/kernels/reference", "training/fused/kernels/wasm"],
      ...["training/fused/layers", "training/fused/network", "training/fused"],
      ["training/native/onnx", "training/native/runtime"],
      ...["training/native/cells", "training/native/layers", "training/native/step"],
      "training/native",
      ...["engine-choice", "participation", "platform", "client-core", "browser", "worker"],
      ...["tokenizers", "testing/**"],
    ],
    reserved: [
      {
        modules: ["gpt-tokenizer/*"],
        to: ["tokenizers"],
        instead: "Take a TokenizerSource as an argument.",
      },
      {
        modules: ["node:*"],
        to: ["platform", "training/native/runtime"],
        instead: "Take what the platform has as an argument.",
      },
      {
        modules: ["ws"],
        to: ["platform"],
        instead: "Take a SocketConnector as an argument.",
      },
      {
        modules: ["./platform/node.ts", "./platform/browser.ts", "./platform/react-native.ts"],
        to: ["platform"],
        instead: "Import #platform: the `imports` of package.json choose the file.",
      },
      {
        modules: ["protobufjs"],
        to: ["training/native/onnx"],
        instead: "Use the GraphWriter of training/native/onnx/.",
      },
      clockReaders(["runtime/system-clock.ts", "runtime/event-loop-break.ts"]),
      SEEDED_RANDOMNESS,
      NO_PRINTING,
    ],
  },

  "packages/simulator": {
    imports: ["protocol", "core", "client-sdk", "server"],
    layers: [
      ...["random", "options", "partition", "files", "tables", "contract", "datasets"],
      ...["algorithms", "attacks", "runner", "population", "wire", "experiment"],
      ...["report/tensorboard", "report"],
    ],
    reserved: [
      {
        modules: ["@tributary/server"],
        to: ["wire"],
        instead: "Use what packages/core has of a round: only a run over sockets starts a server.",
      },
      clockReaders([]),
      SEEDED_RANDOMNESS,
      NO_PRINTING,
    ],
  },

  "packages/join-page": { imports: ["protocol", "client-sdk", "simulator"] },

  "packages/cli": {
    imports: ["protocol", "core", "server", "client-sdk", "simulator"],
    layers: [
      "terminal",
      ["datasets", "admin"],
      "files",
      "model-trial",
      ["demo", "simulate"],
      "commands",
    ],
    reserved: [SEEDED_RANDOMNESS],
  },

  "examples/browser-digits": {
    imports: ["protocol", "client-sdk", "simulator", "join-page"],
    layers: ["learning", "state", "view"],
  },

  "examples/node-sensor": { imports: ["client-sdk"] },
  "examples/react": { imports: ["client-sdk"] },
  "examples/script-tag": { imports: ["client-sdk"] },

  bench: {
    imports: ["protocol", "core", "server", "client-sdk", "simulator", "cli"],
    layers: [
      ["load", "codec"],
      ["aggregate", "client", "connections", "hostile", "train"],
      "simulate",
    ],
    reserved: [SEEDED_RANDOMNESS],
  },

  test: { imports: ["protocol", "core", "server", "client-sdk", "simulator", "cli"] },
};
