import { accessRoutes } from "./access-routes.ts";
import type { AdminDeps } from "./admin-deps.ts";
import { jsonObjectSchema } from "./admin-schemas.ts";
import { checkpointRoutes } from "./checkpoint-routes.ts";
import { evaluationRoutes } from "./evaluation-routes.ts";
import { openApiDocument } from "./openapi.ts";
import { populationRoutes } from "./population-routes.ts";
import { roundRoutes } from "./round-routes.ts";
import { jsonRoute, type Route } from "./route.ts";
import { serverRoutes } from "./server-routes.ts";
import { taskRoutes } from "./task-routes.ts";

/** Every route of the admin API: Express and /openapi.json are both made from this table. */
export function adminRoutes(deps: AdminDeps): readonly Route[] {
  const routes: readonly Route[] = [
    ...serverRoutes(deps),
    jsonRoute({
      method: "get",
      path: "/openapi.json",
      operation: "getOpenApi",
      summary: "Describes this API as an OpenAPI 3.1 document.",
      open: true,
      answer: { description: "The OpenAPI 3.1 document.", schema: jsonObjectSchema },
      handle: async () => ({ json: openApiDocument(routes, deps.info().version) }),
    }),
    ...taskRoutes(deps),
    ...roundRoutes(deps),
    ...evaluationRoutes(deps),
    ...checkpointRoutes(deps),
    ...populationRoutes(deps),
    ...accessRoutes(deps),
  ];
  return routes;
}
