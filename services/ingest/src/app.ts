import express from "express";
import type { ErrorRequestHandler, Express } from "express";
import helmet from "helmet";
import { refusals, send } from "./answer.ts";
import type { Answer } from "./answer.ts";
import type { Hook } from "./hook.ts";

/** What the public port needs. */
export interface AppOptions {
  readonly hook: Hook;
  /** Told of every answer to a POST on a hook and of how long it took after the request's start. */
  readonly onDelivery: (status: number, durationMs: number) => void;
  /** Told of mistakes of ours. */
  readonly onError: (error: unknown) => void;
}

/** The public port as an express app; it listens nowhere yet. */
export function createApp({ hook, onDelivery, onError }: AppOptions): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  // A service URL is a secret: nothing but itself is it.
  app.enable("strict routing");
  app.enable("case sensitive routing");

  // Before helmet: its headers guard browsers, and to set them on each empty 200 costs a quarter of the work per delivery.
  app.post("/hooks/:key", async (req, res) => {
    const startedMs = performance.now();
    const answer = await hook.take(req.params.key, req);
    if (answer === null) return;
    send(res, answer);
    onDelivery(statusOf(answer), performance.now() - startedMs);
  });

  app.use(helmet());

  app.get("/hooks/:key", async (req, res) => {
    send(res, await hook.check(req.params.key));
  });

  app.use((_req, res) => send(res, refusals.notFound));

  const onThrown: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
    // A path that is no text names no hook.
    if (error instanceof URIError) return send(res, refusals.notFound);
    onError(error);
    send(res, refusals.unavailable);
  };
  app.use(onThrown);
  return app;
}

function statusOf(answer: Answer): number {
  return answer === "ok" ? 200 : answer.status;
}
