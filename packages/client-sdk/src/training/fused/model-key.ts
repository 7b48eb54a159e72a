import type { Plan } from "@tributary/protocol";

/** @returns A text that is the same for plans whose networks are laid out alike. */
export function modelKey({ model, training }: Plan): string {
  return JSON.stringify([model, training.trainable, training.loss, training.optimizer]);
}
