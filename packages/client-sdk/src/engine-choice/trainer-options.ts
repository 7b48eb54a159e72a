import type { Plan } from "@tributary/protocol";
import type { EngineChoice, MeasuringTrainer } from "../training/local-trainer.ts";
import type { TfjsBackendName, TfjsBackendOptions } from "../training/tfjs-backend.ts";

/**
 * The engine that trains: the fused engine of this package, ONNX Runtime (`native`), TensorFlow.js
 * (tfjs), or, with `auto`, the best of them for each plan.
 */
export type EngineName = "auto" | "fused" | "native" | "tfjs";

/** Which engine and which backend a trainer uses. */
export interface TrainerOptions extends Omit<TfjsBackendOptions, "backend" | "override"> {
  /**
   * `auto`, the default, takes the fused engine for a model when it has all of the model's layers,
   * and tfjs for other models. It also takes tfjs for a model of a million parameters or more when
   * there is a GPU: one that `backend` names, or one that the browser's WebGL uses; and in Node it
   * takes `native` for a model with large steps where the package onnxruntime-node is installed.
   * Where there is no WebAssembly with SIMD, it takes tfjs's plain WebAssembly for all but the
   * smallest models, if that starts, and else the fused engine's plain twin.
   * `fused` and `native` refuse models with layers that they do not have.
   */
  readonly engine?: EngineName;
  /**
   * Whether results must have the same bits on every machine; false unless set. Then `auto` never
   * takes `native`, whose results depend on the processor, nor tfjs in place of the fused engine's
   * plain twin.
   */
  readonly repeatable?: boolean;
  /**
   * The backend that the engine computes with; `auto` unless set. For tfjs see
   * `TfjsBackendOptions.backend`. The fused engine has `wasm`, and `reference`, which is plain
   * TypeScript and gives the same bits. The native engine has none to choose from.
   */
  readonly backend?: "auto" | TfjsBackendName | "reference";
}

/** A trainer that uses the engine that its options name, or else the one that suits a plan best. */
export interface Trainer extends MeasuringTrainer {
  /** Tells which engine and backend a plan is trained with, and why. */
  choose(plan: Plan): Promise<EngineChoice>;
}
