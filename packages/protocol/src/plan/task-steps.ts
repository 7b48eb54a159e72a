// How the stored form of a task has changed. A server keeps a task for as long as it wants to, and
// reads what older versions of itself have stored.

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * The step at index i makes of a task of version i + 1 one of version i + 2 that does the same. A
 * step is never changed once a server has run it, and uses nothing that may change later, such as
 * today's schema or its defaults.
 */
export const TASK_STEPS: readonly ((task: JsonObject) => JsonObject)[] = [
  // Version 1 is whatever was stored before versions were written down. Sections and keys were
  // added to it one by one, so that any of these may be missing.
  (task) =>
    fillIn(task, {
      plan: { proximal: null, gradientClipNorm: null, download: { encoding: "float32" } },
      aggregation: { rule: "mean" },
      participation: { minimumSeparation: 1, windowMs: null },
      evaluation: { judgedBy: "training", everyRounds: null },
      schedule: { startAt: null, endAt: null, dailyWindow: null, minimumIntervalMs: 0 },
      priority: 0,
      budget: { bytes: null, reports: null, roundTimeMs: null },
    }),
  // Models became public only where the task says so.
  (task) => fillIn(task, { publicModel: false }),
  // Reports came to count for so many examples at most.
  (task) => fillIn(task, { weighting: "examples", maximumExamples: 1_000 }),
  // The builtin model `mlp` came, with its sizes.
  (task) => task,
  // Tasks came to say what examples are.
  (task) => fillIn(task, { examples: null }),
  // The moving statistics of batch normalisation came to be pooled. They had been averaged like
  // weights.
  (task) => fillIn(task, { plan: { batchNormalization: "averaged" } }),
  // Tasks came that only count.
  (task) => task,
  // Metrics came that are computed from sums.
  (task) => task,
  // The builtin model `char-transformer` came, with its sizes.
  (task) => task,
  // Server optimizers came that remember.
  (task) => task,
  // Contracts came to leave it to statistics what stands for a missing value.
  (task) => task,
  // Data contracts came that are about text.
  (task) => task,
  // Data contracts came to take deviations above 1e12.
  (task) => task,
  // Clients came to keep to conditions, of which there are more than before.
  (task) =>
    fillIn(task, {
      eligibility: {
        ...{ charging: false, minimumBattery: null, unmetered: false, dataSaverOff: false },
        ...{ idle: false, hidden: false, unburdened: false, hours: null },
        ...{ dailySeconds: null, dailyBattery: null, unknown: "unmet" },
      },
    }),
];

/** The object with the keys that it lacks. Objects inside of it are filled in as well. */
function fillIn(value: JsonObject, additions: JsonObject): JsonObject {
  const filled: Record<string, Json> = { ...value };
  for (const [key, addition] of Object.entries(additions)) {
    const present = value[key];
    if (present === undefined) filled[key] = addition;
    else if (isObject(present) && isObject(addition)) filled[key] = fillIn(present, addition);
  }
  return filled;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
