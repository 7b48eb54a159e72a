import type { z } from "zod";
import { variantSchema } from "../schema/variant-schema.ts";
import {
  SERVER_OPTIMIZERS,
  type ServerOptimizerSpec,
} from "./server-optimizers/server-optimizer-table.ts";

/** The server optimizer section of a task file. One that names no optimizer means FedAvg. */
export const serverOptimizerSchema: z.ZodType<
  ServerOptimizerSpec,
  { readonly name?: ServerOptimizerSpec["name"] }
> = variantSchema("name", SERVER_OPTIMIZERS, "task", "fedavg");
