import { createServer, type Server, type ServerResponse } from "node:http";
import express, { type Express, type Request, type Response } from "express";
import type { Clock } from "../clock.ts";
import type { DeskRequest, Exchange } from "./exchange.ts";

/** What the server puts on HTTP. */
export interface ServerDeps {
  readonly clock: Clock;
  readonly exchange: Exchange;
  readonly control: express.Router;
}

/** The Express application: accounts server, Desk API, key set and control space. */
export function createApp({ clock, exchange, control }: ServerDeps): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.set("query parser", false);

  app.use((_request, response, next) => {
    const writeHead = response.writeHead.bind(response) as (...parts: unknown[]) => ServerResponse;
    response.writeHead = ((...parts: unknown[]) => {
      response.setHeader("Date", new Date(clock.now()).toUTCString());
      return writeHead(...parts);
    }) as typeof response.writeHead;
    next();
  });
  app.use("/_emulator", control);
  app.use(express.text({ type: () => true, limit: "10mb" }));
  app.use(async (request, response) => send(response, await exchange(read(request))));
  return app;
}

async function send(response: Response, reply: Awaited<ReturnType<Exchange>>): Promise<void> {
  if (reply === "silence") return await new Promise((resolve) => void response.once("close", resolve));
  if (reply === "cut") return void response.socket?.destroy();
  response.statusCode = reply.status;
  for (const [name, value] of Object.entries(reply.headers)) response.setHeader(name, value);
  response.end(reply.text);
}

function read(request: Request): DeskRequest {
  const mark = request.url.indexOf("?");
  return {
    method: request.method,
    path: request.path,
    query: new URLSearchParams(mark === -1 ? "" : request.url.slice(mark + 1)),
    bodyText: typeof request.body === "string" ? request.body : "",
    header: (name) => request.get(name),
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
