import express, { Router } from "express";
import type { Express, RequestHandler } from "express";
import helmet from "helmet";
import { OPS_PATHS } from "@deskmirror/runtime";
import type { Log } from "@deskmirror/runtime";
import { adminToken } from "./api/admin-token.ts";
import { ApiError, errorAnswers, notFound } from "./api/api-error.ts";
import { deadLetterRoutes } from "./api/dead-letter-routes.ts";
import { connectionTestRoutes } from "./api/connection-test-routes.ts";
import { deleteRoutes } from "./api/delete-routes.ts";
import type { ApiDeps } from "./api/deps.ts";
import { descriptionRoutes, pageRoutes } from "./api/openapi/routes.ts";
import { planRoutes } from "./api/plan-routes.ts";
import { runRoutes } from "./api/run-routes.ts";
import { sourceRoutes } from "./api/source-routes.ts";
import { webhookRoutes } from "./api/webhook-routes.ts";

/** What the private app answers with. */
export interface AppOptions {
  /** Health and metrics, answered from the first moment to the last. */
  readonly ops: RequestHandler;
  /** The rest; null while what it works with is not there. */
  readonly api: () => RequestHandler | null;
  readonly log: Log;
}

/** Builds the private app of sync: health, metrics, and the admin API while it is there. It does not listen. */
export function createApp({ ops, api, log }: AppOptions): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.use(
    helmet({ contentSecurityPolicy: { directives: { frameAncestors: ["'none'"], upgradeInsecureRequests: null } } }),
  );
  app.all([...OPS_PATHS], ops);
  app.use((req, res, next) => {
    const handler = api();
    if (handler === null) throw notThere();
    return handler(req, res, next);
  });
  app.use(notFound);
  app.use(errorAnswers(log));
  return app;
}

/** Builds the admin API (contract section 4). */
export function createAdminApi(deps: ApiDeps & { readonly adminToken: string }): RequestHandler {
  const routes = Router();
  // Whatever a client says that a body is (curl says it is a form), it is read as JSON: unread, it would ask for everything.
  routes.use("/api", adminToken(deps.adminToken, Date.now), express.json({ limit: "64kb", type: () => true }));
  for (const [path, router] of apiRouters(deps)) routes.use(path, router);
  routes.use(pageRoutes());
  return routes;
}

/** The calls of the admin API, by the path they are under. */
export function apiRouters(deps: ApiDeps): readonly (readonly [string, Router])[] {
  return [
    ["/api/sources", sourceRoutes(deps)],
    ["/api/sources", webhookRoutes(deps)],
    ["/api/sources", runRoutes(deps)],
    ["/api/sources", deleteRoutes(deps)],
    ["/api/sources", planRoutes(deps)],
    ["/api/sources", connectionTestRoutes(deps)],
    ["/api/dead-letters", deadLetterRoutes(deps)],
    ["/api", descriptionRoutes()],
  ];
}

function notThere(): ApiError {
  const message = "Sync is starting or ending: what it works with is not there.";
  return new ApiError(503, "NOT_READY", { message, hint: "Look at /readyz, and try again in a moment." });
}
