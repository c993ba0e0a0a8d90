import type { Desk } from "../desk.ts";
import { DeskError } from "../errors.ts";
import type { Fault } from "../faults.ts";
import type { Json } from "../json.ts";
import { tooManyTokens, type TokenAnswer } from "../oauth/token-endpoint.ts";
import type { Pipeline, PricedAnswer } from "./pipeline.ts";

/** One request to the accounts server or the API, whatever carries it. */
export interface DeskRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly bodyText: string;
  header(name: string): string | undefined;
}

/** What is sent back; the carrier adds `Date`. */
export interface DeskReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Answers a request: a reply, a connection that is cut, or nothing at all, ever. */
export type Exchange = (request: DeskRequest) => Promise<DeskReply | "cut" | "silence">;

/** What answering takes. */
export interface ExchangeDeps {
  readonly desk: Desk;
  readonly pipeline: Pipeline;
  readonly latencyMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly token: (parameters: URLSearchParams) => TokenAnswer;
  readonly jwks: () => Json;
}

const html = "<!DOCTYPE html><html><body><h1>Zoho Desk</h1><p>We are sorry, something went wrong.</p></body></html>";
const API = "/api/v1";

/** The accounts server, the key set and the Desk API, with the faults of the switchboard. */
export function createExchange({ desk, pipeline, latencyMs, sleep, token, jwks }: ExchangeDeps): Exchange {
  const { faults, limits, stats, grants } = desk;

  async function pause(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms);
  }

  async function withFault(
    fault: Fault | null,
    work: () => Promise<TokenAnswer | PricedAnswer>,
    settleMs: () => number,
  ): ReturnType<Exchange> {
    if (fault?.kind === "hang") return "silence";
    if (fault?.kind === "slow") await pause(fault.delayMs ?? 1000);
    if (fault?.kind === "dropBefore") return "cut";
    const answer = await work();
    await pause(settleMs());
    return finish(fault, answer);
  }

  function finish(fault: Fault | null, answer: TokenAnswer | PricedAnswer): DeskReply | "cut" {
    if (fault?.kind === "dropAfter") return "cut";
    const headers = "weight" in answer ? priceOf(answer) : {};
    if (fault?.kind === "html")
      return { status: 502, headers: { ...headers, "Content-Type": "text/html; charset=utf-8" }, text: html };
    stats.answer(answer.status);
    const { text, ...reply } = toReply(answer.status, answer.body ?? (fault?.kind === "truncated" ? {} : undefined));
    const whole = { ...reply, headers: { ...headers, ...reply.headers }, text };
    if (fault?.kind !== "truncated") return whole;
    return { ...whole, status: 200, text: text.slice(0, Math.max(1, Math.floor(text.length / 2))) };
  }

  function priceOf({ weight, headers }: PricedAnswer): Readonly<Record<string, string>> {
    return {
      "X-Rate-Limit-Request-Weight-v3": String(weight),
      "X-Rate-Limit-Remaining-v3": String(limits.remaining()),
      ...headers,
    };
  }

  async function callApi(request: DeskRequest): ReturnType<Exchange> {
    const apiRequest = {
      method: request.method,
      path: request.path.slice(API.length) || "/",
      query: request.query,
      bodyText: request.bodyText,
      authorization: request.header("authorization"),
      orgId: request.header("orgId"),
      sourceId: request.header("sourceId"),
      automation: request.header("x-emulator-automation") === "true",
    };
    const template = pipeline.template(apiRequest);
    stats.request(template);
    const fault = faults.take(template);
    let entered = false;
    try {
      limits.enter();
      entered = true;
      await pause(latencyMs() / 2);
      return await withFault(
        fault,
        () => pipeline.run(apiRequest, fault),
        () => latencyMs() / 2,
      );
    } catch (error) {
      if (!(error instanceof DeskError)) throw error;
      if (error.breach !== null) stats.breach(error.breach, { call: template });
      return finish(null, { status: error.status, body: error.body, headers: error.headers, weight: 0 });
    } finally {
      if (entered) limits.leave();
    }
  }

  function callToken(request: DeskRequest): ReturnType<Exchange> {
    const fault = faults.take("POST /oauth/v2/token");
    const answer = async () => (fault?.kind === "tooManyTokens" ? tooManyTokens : token(formOf(request)));
    return withFault(fault, answer, () => 0);
  }

  function revoke(request: DeskRequest): DeskReply {
    stats.request("POST /oauth/v2/token/revoke");
    const known = grants.revoke(formOf(request).get("token") ?? "");
    return toReply(known ? 200 : 400, known ? { status: "success" } : { error: "invalid_code" });
  }

  return async (request) => {
    const { method, path } = request;
    if (path === API || path.startsWith(`${API}/`)) return callApi(request);
    const call = `${method} ${path}`;
    if (call === "GET /.well-known/jwks.json") return toReply(200, jwks());
    if (call === "POST /oauth/v2/token") return callToken(request);
    if (call === "POST /oauth/v2/token/revoke") return revoke(request);
    return toReply(404, { errorCode: "URL_NOT_FOUND", message: "The URL you requested could not be found." });
  };
}

function toReply(status: number, body: Json | undefined): DeskReply {
  if (body === undefined) return { status, headers: {}, text: "" };
  return { status, headers: { "Content-Type": "application/json;charset=UTF-8" }, text: JSON.stringify(body) };
}

function formOf({ query, bodyText }: DeskRequest): URLSearchParams {
  const parameters = new URLSearchParams(query);
  for (const [name, value] of new URLSearchParams(bodyText)) parameters.append(name, value);
  return parameters;
}
