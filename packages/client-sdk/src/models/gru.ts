// The GRU of Keras for tfjs-layers. The layer of this name in tfjs 4.22 has two faults: it refuses
// `reset_after`, which is the default of Keras, and its recurrent dropout also scales the state that
// is carried on, so that the state grows with every step. Models that the SDK builds contain tfjs's
// own layer with a corrected cell. Class and configuration keep their names, so that Keras can read
// a model that tfjs has saved.
import * as tf from "@tensorflow/tfjs";

type Cell = ReturnType<typeof tf.layers.gruCell>;
type AddWeight = tf.layers.Layer["addWeight"];
type FromConfig = tf.serialization.FromConfigMethod<tf.serialization.Serializable>;

/**
 * Makes tfjs correct the cell of every GRU and GRUCell that it builds from a topology. Calling it
 * again changes nothing.
 */
export function registerGru(): void {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  for (const name of ["GRU", "GRUCell"]) {
    classNameMap[name] = [classNameMap[name]![0], correctedFromConfig];
  }
}

const correctedFromConfig: FromConfig = (constructor, config) => {
  const layer = new constructor({ ...config, resetAfter: false });
  const cell = (layer instanceof tf.RNN ? layer.cell : layer) as Cell;
  correctCell(cell, config["resetAfter"] === true);
  return layer;
};

/**
 * Corrects a cell that has not been built.
 * @param resetAfter - Whether the reset gate acts after the multiplication by the recurrent kernel,
 *   which then has a bias of its own. Otherwise it acts before.
 */
function correctCell(cell: Cell, resetAfter: boolean): void {
  const { units, activation, recurrentActivation } = cell;
  const configOf = cell.getConfig.bind(cell);
  cell.getConfig = () => ({ ...configOf(), resetAfter });
  if (resetAfter) {
    const add = (Reflect.get(cell, "addWeight") as AddWeight).bind(cell);
    const withTwoBiases: AddWeight = (name, shape, ...rest) =>
      add(name, name === "bias" ? [2, 3 * units] : shape, ...rest);
    Reflect.set(cell, "addWeight", withTwoBiases);
  }
  cell.call = (inputs, kwargs) =>
    tf.tidy(() => {
      const [input, state] = inputs as [tf.Tensor2D, tf.Tensor2D];
      const training = kwargs["training"] === true;
      const x = training ? dropped(cell, "dropout", input) : input;
      // Only the gates and the candidate see a state of which some values are dropped.
      const seen = training ? dropped(cell, "recurrentDropout", state) : state;
      const [inputBias, stateBias] = biasesOf(cell, resetAfter);
      const [xZ, xR, xH] = tf.split(affine(x, cell.kernel.read(), inputBias), 3, 1);
      const kernel = cell.recurrentKernel.read();
      const [gates, last] = tf.split(kernel, [2 * units, units], 1);
      const [hZ, hR, hH] = resetAfter
        ? tf.split(affine(seen, kernel, stateBias), 3, 1)
        : tf.split(affine(seen, gates!, undefined), 2, 1);
      const z = recurrentActivation.apply(tf.add(xZ!, hZ!));
      const r = recurrentActivation.apply(tf.add(xR!, hR!));
      const recalled = resetAfter ? tf.mul(r, hH!) : affine(tf.mul(r, seen), last!, undefined);
      const candidate = activation.apply(tf.add(xH!, recalled));
      const next = tf.add(tf.mul(z, state), tf.mul(tf.sub(1, z), candidate));
      return [next, next];
    });
}

/** The biases of input and state. They are the rows of one weight when the reset acts after. */
function biasesOf(cell: Cell, resetAfter: boolean): readonly (tf.Tensor | undefined)[] {
  if (!cell.useBias) return [];
  const bias = cell.bias.read();
  return resetAfter ? tf.unstack(bias) : [bias];
}

function affine(values: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor | undefined): tf.Tensor2D {
  const product = tf.matMul<tf.Tensor2D>(values, kernel);
  return bias === undefined ? product : tf.add<tf.Tensor2D>(product, bias);
}

/**
 * Drops some of the values. All moments of a sequence share one mask, which the layer forgets
 * before the next sequence.
 */
function dropped(
  cell: Cell,
  kind: "dropout" | "recurrentDropout",
  values: tf.Tensor2D,
): tf.Tensor2D {
  const rate = cell[kind];
  if (!(rate > 0 && rate < 1)) return values;
  const drop = (cell.dropoutFunc ?? tf.dropout) as typeof tf.dropout;
  cell[`${kind}Mask`] ??= tf.keep(drop(tf.onesLike(values), rate));
  return tf.mul(values, cell[`${kind}Mask`] as tf.Tensor);
}
