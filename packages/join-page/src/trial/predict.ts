import { createFusedTrainer, mapFeatures, type ExampleTable } from "@tributary/client-sdk";
import type { Model } from "../kept-model.ts";

let trainer: ReturnType<typeof createFusedTrainer> | undefined;

/** What the model makes of one example that the contract describes. */
export async function predictRow(model: Model, table: ExampleTable): Promise<string> {
  const { plan } = model;
  const contract = plan.examples;
  if (contract === undefined || contract.type === "text") return "";
  const { features, featureShape, count } = await mapFeatures(table, contract);
  const values = await predict(model, features, featureShape, count);
  const { classes, name, scaling } = contract.label;
  if (classes !== undefined) {
    const shares = sharesOf(values, classes.length);
    const best = shares.indexOf(Math.max(...shares));
    return `${classes[best]} (${Math.round(100 * shares[best]!)} % sure)`;
  }
  const value = values[0]!;
  if (scaling?.method === "standard")
    return `${name}: ${round(value * scaling.deviation + scaling.mean)}`;
  if (scaling?.method === "minMax") {
    return `${name}: ${round(value * (scaling.maximum - scaling.minimum) + scaling.minimum)}`;
  }
  return `${name}: ${round(value)}`;
}

/** Goes on with a text, always with the likeliest byte. */
export async function continueText(model: Model, text: string, length: number): Promise<string> {
  const contract = model.plan.examples;
  if (contract?.type !== "text" || contract.tokenizer.name !== "bytes") {
    return "This page goes on with text of bytes only.";
  }
  const bytes = Array.from(new TextEncoder().encode(text));
  const { window } = contract;
  for (let i = 0; i < length; i++) {
    const recent = bytes.slice(-window);
    // A short text stands at the beginning of the window, and what follows it is not looked at.
    const features = new Float32Array(window);
    features.set(recent);
    const values = await predict(model, features, [window], 1);
    const width = values.length / window;
    const last = values.subarray((recent.length - 1) * width, recent.length * width);
    bytes.push(last.indexOf(Math.max(...last)));
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

async function predict(
  { plan, weights }: Model,
  features: Float32Array,
  featureShape: readonly number[],
  count: number,
): Promise<Float32Array> {
  trainer ??= createFusedTrainer();
  return (await trainer).predict({ plan, weights, features, featureShape, count });
}

/** Probabilities: of logits where the model gives those, and of one value for two classes. */
function sharesOf(values: Float32Array, classes: number): readonly number[] {
  const given = Array.from(values);
  if (classes === 2 && given.length === 1) return [1 - given[0]!, given[0]!];
  const sum = given.reduce((total, value) => total + value, 0);
  if (Math.abs(sum - 1) < 1e-3 && given.every((value) => value >= 0)) return given;
  const largest = Math.max(...given);
  const powers = given.map((value) => Math.exp(value - largest));
  const total = powers.reduce((all, value) => all + value, 0);
  return powers.map((value) => value / total);
}

const round = (value: number): string => value.toPrecision(4);
