import { TransientError, isJsonObject, toError } from "@deskmirror/model";
import type { DataSource, JsonObject } from "@deskmirror/model";
import { toEndpoints } from "./hosts.ts";
import { readJson } from "./oauth/token-endpoint.ts";
import { createTransport } from "./http/transport.ts";
import { verify } from "./signature.ts";

/** Zoho waits 5 s for the answer to a delivery; the keys get this much of it. */
const TIMEOUT_MS = 1_500;

/** Junk `kid`s must not make us ask again and again. */
const COOL_DOWN_MS = 10_000;

const transport = createTransport();

/** Fetches the public keys of a source's data centre: a JWKS document. TransientError when they cannot be had. */
export async function fetchJwks(
  source: Pick<DataSource, "dataCenter" | "accountsUrl" | "deskUrl">,
  signal?: AbortSignal,
): Promise<JsonObject> {
  const url = `${toEndpoints(source).deskUrl}/.well-known/jwks.json`;
  const { status, text } = await transport({ method: "GET", url, timeoutMs: TIMEOUT_MS, signal });
  const body = readJson(text);
  if (status !== 200 || !isJsonObject(body) || !Array.isArray(body["keys"])) {
    throw new TransientError(`${url} gave no keys (status ${status})`, { code: "NO_KEYS" });
  }
  return body;
}

/**
 * Verifies signatures that ingest could not. A `kid` that the keys at hand lack is judged wrong only by keys fetched after the delivery
 * came: Zoho may have changed its keys in between. Until there are such keys it is a TransientError that says when to ask again.
 * `now` is our wall clock in ms.
 */
export function createSignatureCheck(
  source: DataSource,
  now: () => number,
  fetchKeys: () => Promise<JsonObject> = () => fetchJwks(source),
): (token: string, receivedMs: number) => Promise<boolean> {
  let keys: { readonly jwks: JsonObject; readonly fetchedMs: number } | null = null;
  let triedMs = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | null = null;

  async function refresh(): Promise<void> {
    const at = now();
    const waitMs = COOL_DOWN_MS - (at - triedMs);
    if (waitMs > 0) throw later("Zoho's keys were asked for a moment ago", waitMs);
    triedMs = at;
    try {
      keys = { jwks: await fetchKeys(), fetchedMs: at };
    } catch (cause) {
      throw later(`Zoho's keys cannot be had (${toError(cause).message})`, COOL_DOWN_MS, cause);
    }
  }

  return async function verifySignature(token, receivedMs) {
    const expected = { orgId: source.orgId, webhookId: source.webhookId, nowMs: receivedMs };
    // Ingest's clock may be ahead of ours: what is asked about has come.
    const cameMs = Math.min(receivedMs, now());
    for (;;) {
      const verdict = await verify(token, keys?.jwks ?? null, expected);
      if (verdict !== "unknown-kid") return verdict === "valid";
      if (keys !== null && keys.fetchedMs >= cameMs) return false;
      running ??= refresh().finally(() => (running = null));
      await running;
    }
  };
}

function later(message: string, retryAfterMs: number, cause?: unknown): TransientError {
  return new TransientError(message, { code: "NO_KEYS", retryAfterMs, cause });
}
