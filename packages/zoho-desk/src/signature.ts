import { compactVerify, decodeProtectedHeader, importJWK } from "jose";
import type { CryptoKey, JWK } from "jose";

/** `unknown-kid`: the keys at hand do not hold the one that signed; newer ones may. */
export type SignatureVerdict = "valid" | "invalid" | "unknown-kid";

/** What a token must be for. */
export interface SignatureExpectation {
  readonly orgId: string;
  /** Null while the webhook's id is not known: the audience is not judged. */
  readonly webhookId: string | null;
  /** The time, in ms, at which the token must be valid: when the delivery was received. */
  readonly nowMs: number;
}

/** Zoho's clock and ours may differ this much. */
const toleranceMs = 60_000;

/**
 * Judges an `X-ZDesk-JWT` against Zoho's public keys (a JWKS document): RS256 only, `kid`, `iss` orgId:…, `aud` webhookId:…,
 * `iat` and `exp` in seconds or ms (Zoho Desk webhooks, section Authentication). It proves the sender, not the body.
 */
export async function verify(token: string, jwks: unknown, expected: SignatureExpectation): Promise<SignatureVerdict> {
  const kid = readKid(token);
  if (kid === null) return "invalid";
  const key = findKey(jwks, kid);
  if (key === null) return "unknown-kid";
  try {
    const { payload } = await compactVerify(token, await key, { algorithms: ["RS256"] });
    return areClaimsRight(JSON.parse(Buffer.from(payload).toString()), expected) ? "valid" : "invalid";
  } catch {
    return "invalid";
  }
}

function readKid(token: string): string | null {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    return alg === "RS256" && typeof kid === "string" ? kid : null;
  } catch {
    return null;
  }
}

/** Imported keys by the JWKS document they stand in. */
const imported = new WeakMap<object, Map<string, Promise<CryptoKey>>>();

function findKey(jwks: unknown, kid: string): Promise<CryptoKey> | null {
  if (typeof jwks !== "object" || jwks === null) return null;
  let keys = imported.get(jwks);
  if (keys === undefined) imported.set(jwks, (keys = new Map()));
  let key = keys.get(kid);
  if (key === undefined) {
    const jwk = listKeys(jwks).find((one) => one.kid === kid && one.kty === "RSA");
    if (jwk === undefined) return null;
    keys.set(kid, (key = importRsa(jwk)));
  }
  return key;
}

async function importRsa(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK({ kty: "RSA", n: jwk.n ?? "", e: jwk.e ?? "" }, "RS256");
  if (key instanceof Uint8Array) throw new TypeError("an RSA key is no secret");
  return key;
}

function listKeys(jwks: object): readonly JWK[] {
  return "keys" in jwks && Array.isArray(jwks.keys) ? jwks.keys : [];
}

function areClaimsRight(claims: unknown, { orgId, webhookId, nowMs }: SignatureExpectation): boolean {
  if (typeof claims !== "object" || claims === null) return false;
  const { iss, aud, iat, exp } = claims as Readonly<Record<string, unknown>>;
  if (iss !== `orgId:${orgId}`) return false;
  if (webhookId !== null && ![aud].flat().includes(`webhookId:${webhookId}`)) return false;
  const expiresMs = toMs(exp);
  if (expiresMs === null || expiresMs + toleranceMs < nowMs) return false;
  const issuedMs = iat === undefined ? null : toMs(iat);
  return iat === undefined || (issuedMs !== null && issuedMs - toleranceMs <= nowMs);
}

/** Seconds stay below this number until the year 5138, ms have been above it since 1973. */
const smallestMs = 100_000_000_000;

function toMs(time: unknown): number | null {
  if (typeof time !== "number" || !Number.isFinite(time)) return null;
  return time < smallestMs ? time * 1000 : time;
}
