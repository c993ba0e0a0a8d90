import { TransientError, isJsonObject } from "@deskmirror/model";
import type { DataSource, JsonObject } from "@deskmirror/model";
import { toEndpoints } from "./hosts.ts";
import { readJson } from "./oauth/token-endpoint.ts";
import { createTransport } from "./http/transport.ts";
import { verify } from "./signature.ts";

/** Zoho waits 5 s for the answer to a delivery; the keys get this much of it. */
const TIMEOUT_MS = 1_500;

/** Junk `kid`s must not make us ask again and again. */
const COOL_DOWN_MS = 60_000;

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

/** Verifies signatures that ingest could not, with keys fetched anew when one is unknown. */
export function createSignatureCheck(source: DataSource, now: () => number) {
  let jwks: JsonObject | null = null;
  let fetchedMs = 0;
  return async function verifySignature(token: string, receivedMs: number): Promise<boolean> {
    const expected = { orgId: source.orgId, webhookId: source.webhookId, nowMs: receivedMs };
    const known = jwks === null ? "unknown-kid" : await verify(token, jwks, expected);
    if (known !== "unknown-kid") return known === "valid";
    if (jwks !== null && now() - fetchedMs < COOL_DOWN_MS) return false;
    jwks = await fetchJwks(source);
    fetchedMs = now();
    return (await verify(token, jwks, expected)) === "valid";
  };
}
