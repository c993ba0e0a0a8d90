import { createServer, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import express, { type Express, type Request, type Response } from "express";
import type { Desk } from "../desk.ts";
import { DeskError } from "../errors.ts";
import type { Fault } from "../faults.ts";
import type { Json } from "../json.ts";
import { tooManyTokens, type TokenAnswer } from "../oauth/token-endpoint.ts";
import type { ApiRequest, Pipeline, PricedAnswer } from "./pipeline.ts";

/** What the server puts on HTTP. */
export interface ServerDeps {
  readonly desk: Desk;
  readonly pipeline: Pipeline;
  readonly control: express.Router;
  readonly latencyMs: () => number;
  readonly token: (parameters: URLSearchParams) => TokenAnswer;
  readonly jwks: () => Json;
}

const htmlPage =
  "<!DOCTYPE html><html><body><h1>Zoho Desk</h1><p>We are sorry, something went wrong.</p></body></html>";

/** The Express application: accounts server, Desk API, key set and control space. */
export function createApp(deps: ServerDeps): Express {
  const { desk, pipeline, control, latencyMs, token, jwks } = deps;
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.set("query parser", false);

  app.use((_request, response, next) => {
    const writeHead = response.writeHead.bind(response) as (...parts: unknown[]) => ServerResponse;
    response.writeHead = ((...parts: unknown[]) => {
      response.setHeader("Date", new Date(desk.clock.now()).toUTCString());
      return writeHead(...parts);
    }) as typeof response.writeHead;
    next();
  });
  app.use("/_emulator", control);
  app.use(express.text({ type: () => true, limit: "10mb" }));

  app.get("/.well-known/jwks.json", (_request, response) => {
    send(response, 200, jwks());
  });

  app.post("/oauth/v2/token", async (request, response) => {
    const fault = desk.faults.take("POST /oauth/v2/token");
    await answerWith(response, fault, () =>
      Promise.resolve(fault?.kind === "tooManyTokens" ? tooManyTokens : token(formOf(request))),
    );
  });

  app.post("/oauth/v2/token/revoke", (request, response) => {
    desk.stats.request("POST /oauth/v2/token/revoke");
    const known = desk.grants.revoke(formOf(request).get("token") ?? "");
    send(response, known ? 200 : 400, known ? { status: "success" } : { error: "invalid_code" });
  });

  app.use("/api/v1", async (request, response) => {
    const apiRequest = read(request);
    const template = pipeline.template(apiRequest);
    desk.stats.request(template);
    const fault = desk.faults.take(template);
    let entered = false;
    try {
      desk.limits.enter();
      entered = true;
      await pause(latencyMs() / 2);
      await answerWith(
        response,
        fault,
        () => pipeline.run(apiRequest, fault),
        () => pause(latencyMs() / 2),
      );
    } catch (error) {
      if (!(error instanceof DeskError)) throw error;
      if (error.breach !== null) desk.stats.breach(error.breach, { call: template });
      await finish(response, null, { status: error.status, body: error.body, headers: error.headers, weight: 0 });
    } finally {
      if (entered) desk.limits.leave();
    }
  });

  async function answerWith(
    response: Response,
    fault: Fault | null,
    work: () => Promise<TokenAnswer | PricedAnswer>,
    settle: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    if (fault?.kind === "hang") return await new Promise((resolve) => void response.once("close", resolve));
    if (fault?.kind === "slow") await pause(fault.delayMs ?? 1000);
    if (fault?.kind === "dropBefore") return void response.socket?.destroy();
    const answer = await work();
    await settle();
    await finish(response, fault, answer);
  }

  async function finish(response: Response, fault: Fault | null, answer: TokenAnswer | PricedAnswer): Promise<void> {
    if (fault?.kind === "dropAfter") return void response.socket?.destroy();
    if ("weight" in answer) {
      response.setHeader("X-Rate-Limit-Request-Weight-v3", String(answer.weight));
      response.setHeader("X-Rate-Limit-Remaining-v3", String(desk.limits.remaining()));
      for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
    }
    if (fault?.kind === "html") return void response.status(502).type("html").end(htmlPage);
    desk.stats.answer(answer.status);
    if (fault?.kind === "truncated") return sendTruncated(response, answer.body ?? {});
    send(response, answer.status, answer.body);
  }

  app.use((_request: Request, response: Response) => {
    send(response, 404, { errorCode: "URL_NOT_FOUND", message: "The URL you requested could not be found." });
  });
  return app;
}

function send(response: Response, status: number, body: Json | undefined): void {
  response.statusCode = status;
  if (body === undefined) return void response.end();
  response.setHeader("Content-Type", "application/json;charset=UTF-8");
  response.end(JSON.stringify(body));
}

function sendTruncated(response: Response, body: Json): void {
  const text = JSON.stringify(body);
  response.statusCode = 200;
  response.setHeader("Content-Type", "application/json;charset=UTF-8");
  response.end(text.slice(0, Math.max(1, Math.floor(text.length / 2))));
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { ref: false });
}

function queryOf(request: Request): URLSearchParams {
  const mark = request.url.indexOf("?");
  return new URLSearchParams(mark === -1 ? "" : request.url.slice(mark + 1));
}

function textBody(request: Request): string {
  return typeof request.body === "string" ? request.body : "";
}

function formOf(request: Request): URLSearchParams {
  const parameters = queryOf(request);
  for (const [name, value] of new URLSearchParams(textBody(request))) parameters.append(name, value);
  return parameters;
}

function read(request: Request): ApiRequest {
  return {
    method: request.method,
    path: request.path,
    query: queryOf(request),
    bodyText: textBody(request),
    authorization: request.get("authorization"),
    orgId: request.get("orgId"),
    sourceId: request.get("sourceId"),
    automation: request.get("x-emulator-automation") === "true",
  };
}

/** A listening server. */
export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on a port, 0 = any free one. */
export async function listen(app: Express, { port, host }: { port: number; host: string }): Promise<Listening> {
  const server: Server = createServer(app);
  server.keepAliveTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}
