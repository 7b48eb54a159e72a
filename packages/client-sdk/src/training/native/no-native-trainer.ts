import { TributaryError } from "@tributary/protocol";
import type { NativeTrainer } from "./native-trainer.ts";

/** Stands in a browser for `createNativeTrainer`, which needs Node. */
export function createNativeTrainer(): Promise<NativeTrainer> {
  const remedy = 'Use the engine "auto".';
  const error = new TributaryError("ENGINE_UNAVAILABLE", "The engine native needs Node", {
    remedy,
  });
  return Promise.reject(error);
}
