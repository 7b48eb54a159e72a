// What a task file may say of the sections that have variants. Once parsed, a section has every
// parameter: see `UpdateSpec` and `DownloadSpec`.
import type { UpdateSpec } from "../update/codec-table.ts";

/** How a task file says that updates are written: every parameter may be left out. */
export type TaskUpdate = WithDefaults<UpdateSpec>;

/** Distributes over the union. */
type WithDefaults<Spec> = Spec extends { readonly codec: string }
  ? Pick<Spec, "codec"> & Partial<Omit<Spec, "codec">>
  : never;

/** How a task file says that checkpoints travel to clients. */
export type TaskDownload =
  | { readonly encoding: "float32" | "float16" }
  | { readonly encoding: "difference"; readonly update?: TaskUpdate | undefined };
