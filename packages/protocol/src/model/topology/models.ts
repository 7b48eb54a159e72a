/** The classes of models, which may be layers of other models. */
export const MODELS: ReadonlySet<unknown> = new Set(["Sequential", "Functional", "Model"]);
