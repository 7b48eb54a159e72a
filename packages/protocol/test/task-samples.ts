/**
 * Task files that between them use every section. What a version of the server stores of them is
 * frozen with that version: add a key here when a task file gets one.
 */
export const TASK_SAMPLES: readonly object[] = [
  { population: "keyboard", name: "smallest", model: { builtin: "logistic-regression" } },
  {
    population: "keyboard",
    name: "sized",
    model: { builtin: "mlp", inputs: 4, hidden: [8], outputs: 3 },
  },
  {
    population: "keyboard",
    name: "a-language-model",
    model: { builtin: "char-transformer", vocabulary: 5, window: 6, width: 4, blocks: 1, heads: 2 },
  },
  {
    population: "keyboard",
    name: "every-section",
    model: { path: "./model.json" },
    plan: {
      localEpochs: 2,
      batchSize: 5,
      optimizer: { name: "adam", learningRate: 0.01 },
      loss: "sparseCategoricalCrossentropy",
      metrics: ["accuracy"],
      trainable: ["output"],
      proximal: 0.1,
      gradientClipNorm: 5,
      batchNormalization: "local",
      clipNorm: 0.5,
      update: { codec: "eden", bits: 2, entropy: true },
      download: { encoding: "difference", update: { codec: "qsgd", bits: 8 } },
    },
    round: { goalCount: 5, overselection: 1.5, minimumFraction: 0.6 },
    aggregation: { rule: "trimmedMean", byzantine: 1 },
    eligibility: {
      ...{ charging: true, minimumBattery: 0.3, unmetered: true, dataSaverOff: true, idle: true },
      ...{ hidden: true, unburdened: true, hours: { from: "22:00", to: "06:30" } },
      ...{ dailySeconds: 600, dailyBattery: 0.05, unknown: "met", minimumExamples: 3 },
    },
    participation: { minimumSeparation: 2, windowMs: 60_000 },
    serverOptimizer: { name: "fedavg", learningRate: 0.5 },
    evaluation: { judgedBy: "clients", metric: "loss", everyRounds: 2, goalCount: 5 },
    stop: {
      rounds: 7,
      targetMetric: { name: "accuracy", atLeast: 0.9 },
      plateau: { measurements: 3, minimumChange: 0.01 },
    },
    schedule: {
      startAt: "2026-12-01T22:00:00Z",
      endAt: "2027-12-01T22:00:00Z",
      dailyWindow: { from: "22:00", to: "06:00" },
      minimumIntervalMs: 1_000,
    },
    publicModel: true,
    priority: 3,
    budget: { bytes: 1_000_000, reports: 1_000, roundTimeMs: 3_600_000 },
  },
  {
    population: "keyboard",
    name: "a-server-optimizer",
    model: { builtin: "logistic-regression" },
    serverOptimizer: { name: "fedyogi", learningRate: 0.03 },
  },
  {
    population: "hospitals",
    name: "a-table",
    model: { path: "./model.json" },
    examples: {
      features: [
        {
          type: "numeric",
          name: "age",
          scaling: { method: "standard", mean: 54.4, deviation: 9 },
          whenMissing: { fill: 55 },
        },
        { type: "numeric", name: "dose", scaling: { method: "minMax", minimum: -1, maximum: 3 } },
        {
          type: "categorical",
          name: "ward",
          levels: ["A", 2, "C"],
          whenMissing: { fill: 2 },
        },
        { type: "categorical", name: "drug", levels: ["no", "yes"], encoding: "index" },
      ],
      label: { name: "outcome", classes: ["well", "ill"], whenMissing: "drop" },
      missing: ["", "?", -9],
      otherColumns: "ignore",
    },
  },
  {
    population: "hospitals",
    name: "an-image",
    model: { path: "./model.json" },
    plan: { loss: "meanSquaredError" },
    examples: {
      features: [{ type: "image", name: "pixel", shape: [28, 28, 1] }],
      label: { name: "days", scaling: { method: "none" } },
    },
  },
  {
    population: "keyboard",
    name: "a-text-of-tokens",
    model: { builtin: "char-transformer", vocabulary: 300, window: 6, width: 4, blocks: 1 },
    plan: { loss: "sparseCategoricalCrossentropy", metrics: ["perplexity"] },
    examples: { type: "text", tokenizer: { name: "r50k_base", vocabulary: 300 }, window: 6 },
  },
  {
    population: "keyboard",
    name: "a-text-of-bytes",
    model: { path: "./model.json" },
    plan: { loss: "sparseCategoricalCrossentropy" },
    examples: { type: "text" },
  },
  {
    population: "hospitals",
    name: "statistics",
    model: { builtin: "statistics", bins: 8 },
    plan: { metrics: [], update: { codec: "float32" } },
    maximumExamples: 1_048_576,
    examples: {
      features: [
        { type: "numeric", name: "age", whenMissing: "mean" },
        {
          type: "numeric",
          name: "dose",
          scaling: { method: "minMax", minimum: 0, maximum: 3 },
          whenMissing: "median",
        },
        { type: "categorical", name: "ward", levels: ["A", "B", "C"], whenMissing: "mostFrequent" },
      ],
      label: { name: "outcome", classes: ["well", "ill"] },
    },
  },
];
