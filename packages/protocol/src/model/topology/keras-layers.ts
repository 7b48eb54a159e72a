// Kinds of layers that Keras and tfjs write differently, and settings that tfjs would pass over.
import { isFields, type Fields } from "./fields.ts";
import { keras2Config, type KerasLayer } from "./keras-config.ts";
import { normalization } from "./normalization.ts";
import { unsupportedLayer } from "./unsupported-layer.ts";

/** Settings that tfjs passes over, and the values with which that changes nothing. */
const PASSED_OVER: Readonly<Record<string, readonly unknown[]>> = {
  groups: [1],
  output_padding: [null],
  rms_scaling: [false],
  threshold: [0, null],
  // Those of attention.
  attention_axes: [null, "[1]"],
  output_shape: [null],
  sliding_window: [null],
  use_gate: [false],
};

/**
 * Rewrites the kind and the configuration of a layer without inner layers.
 * @throws TributaryError `MODEL_UNSUPPORTED` for a setting that tfjs would pass over.
 */
export function keras2Layer(layer: KerasLayer): { class_name: string; config: Fields } {
  const { name, kind } = layer;
  refuse(layer);
  const config = keras2Config(layer);
  for (const [key, harmless] of Object.entries(PASSED_OVER)) {
    // Groups of channels are what this layer is about.
    if (key === "groups" && kind === "GroupNormalization") continue;
    const value = config[key];
    const isHarmless = harmless.includes(Array.isArray(value) ? JSON.stringify(value) : value);
    if (value !== undefined && !isHarmless) {
      throw unsupportedLayer(
        name,
        `tfjs has no setting ${key} for it, which is ${JSON.stringify(value).slice(0, 40)}`,
        "Leave the setting at its default, or use another layer.",
      );
    }
  }
  if (kind === "LeakyReLU" && "negative_slope" in config) {
    return { class_name: kind, config: renamed(config, "negative_slope", "alpha") };
  }
  if (kind === "ReLU") return reLU(name, config);
  // An activation that does nothing is the layer of tfjs that does nothing.
  if (kind === "Identity") {
    return { class_name: "Activation", config: { ...config, activation: "linear" } };
  }
  if (kind === "Normalization") return normalization(name, config);
  if (kind === "UpSampling2D" && layer.keras > 0) requireNearest(name, config);
  return { class_name: kind, config };
}

/** Layers that prepare examples, and of which tfjs 4.22 makes something else than Keras does. */
const PREPARING: ReadonlySet<string> = new Set([
  ...["CategoryEncoding", "CenterCrop", "Resizing", "RandomHeight", "RandomWidth"],
]);

/** @throws TributaryError `MODEL_UNSUPPORTED` for a layer that cannot be taken in any form. */
function refuse({ name, kind, config }: KerasLayer): void {
  if (PREPARING.has(kind)) {
    throw unsupportedLayer(
      name,
      `tfjs computes a ${kind} otherwise than Keras`,
      "Take the layer away, and prepare the examples before they are given to a client.",
    );
  }
  if (config["stateful"] === true) {
    throw unsupportedLayer(
      name,
      "it keeps its state from batch to batch, and clients draw their batches at random",
      "Set stateful to false.",
    );
  }
}

/** Keras measures between the middles of pixels, and tfjs between their corners. */
function requireNearest(name: string, { interpolation = "nearest" }: Fields): void {
  if (interpolation === "nearest") return;
  throw unsupportedLayer(
    name,
    `tfjs interpolates otherwise than Keras (${JSON.stringify(interpolation).slice(0, 40)})`,
    "Use the interpolation nearest, or a Conv2DTranspose.",
  );
}

/** A ReLU with a slope is a `LeakyReLU` in tfjs, which reads no slope in a `ReLU`. */
function reLU(name: string, config: Fields): { class_name: string; config: Fields } {
  const { negative_slope: slope = 0, threshold: _threshold, max_value: bound, ...leaky } = config;
  if (slope === 0 || slope === null) return { class_name: "ReLU", config };
  if (bound !== undefined && bound !== null) {
    throw unsupportedLayer(
      name,
      "tfjs has no ReLU with both a slope and a bound",
      "Use two layers: a LeakyReLU, and a ReLU with the bound.",
    );
  }
  return { class_name: "LeakyReLU", config: { ...leaky, alpha: slope } };
}

/**
 * Gives a layer that goes both ways the form of tfjs, which derives both directions from one layer.
 * @throws TributaryError `MODEL_UNSUPPORTED` when the two directions differ in more than their
 *   direction.
 */
export function withoutBackwardLayer(name: string, config: Fields): Fields {
  const { backward_layer: backward, layer: forward, ...rest } = config;
  if (backward !== undefined && backward !== null && !mirrored(forward, backward)) {
    throw unsupportedLayer(
      name,
      "its two directions are different layers",
      "Give Bidirectional one layer, without backward_layer.",
    );
  }
  return { ...rest, layer: withName(forward, (inner) => inner.replace(/^forward_/, "")) };
}

function mirrored(forward: unknown, backward: unknown): boolean {
  const settings = (layer: unknown): string => {
    const config: unknown = isFields(layer) ? layer["config"] : undefined;
    const { name: _name, go_backwards: _way, ...rest } = isFields(config) ? config : {};
    return JSON.stringify(rest);
  };
  return settings(forward) === settings(backward);
}

function withName(layer: unknown, change: (name: string) => string): unknown {
  const config: unknown = isFields(layer) ? layer["config"] : undefined;
  if (!isFields(layer) || !isFields(config) || typeof config["name"] !== "string") return layer;
  return { ...layer, config: { ...config, name: change(config["name"]) } };
}

function renamed(config: Fields, from: string, to: string): Fields {
  const { [from]: value, ...rest } = config;
  return { ...rest, [to]: value };
}
