import { createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Json } from "../json.ts";
import type { Settings } from "../settings.ts";

/** How a JWT may be wrong, for tests of receivers. */
export const forgeries = ["signature", "expired", "audience", "issuer", "unknownKey", "missing"] as const;

/** One way to forge. */
export type Forgery = (typeof forgeries)[number];

/** Signs deliveries: X-ZDesk-JWT, RS256. */
export interface Signer {
  /** The JWT for a webhook, right or forged; null = none. */
  jwt(webhookId: string, forgery?: Forgery | null): string | null;
  /** The public keys at /.well-known/jwks.json. */
  jwks(): Json;
  /** Signs with a new key from now on; the old one stays in the key set unless `dropOld`. */
  rotate(options?: { dropOld?: boolean }): void;
}

interface Key {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

const lifeSeconds = 300;

function newKey(): Key {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { kid: randomBytes(8).toString("hex"), privateKey };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

/** A signer with one fresh key, made when it is first needed: that takes longer than all the rest of a small Desk. */
export function createSigner({ clock, settings, orgId }: { clock: Clock; settings: Settings; orgId: string }): Signer {
  let made: readonly Key[] | null = null;
  const cache = new Map<string, { issued: number; jwt: string }>();

  function keys(): readonly Key[] {
    return (made ??= [newKey()]);
  }

  function build(webhookId: string, seconds: number, forgery: Forgery | null): string {
    const [current] = keys() as [Key, ...Key[]];
    const key = forgery === "signature" || forgery === "unknownKey" ? newKey() : current;
    const kid = forgery === "unknownKey" ? key.kid : current.kid;
    const issued = forgery === "expired" ? seconds - 86_400 : seconds;
    const unit = settings.jwtTimes === "seconds" ? 1 : 1000;
    const claims = {
      iss: `orgId:${forgery === "issuer" ? "1" : orgId}`,
      aud: `webhookId:${forgery === "audience" ? "1" : webhookId}`,
      iat: issued * unit,
      exp: (issued + lifeSeconds) * unit,
    };
    const text = `${encode({ alg: "RS256", typ: "JWT", kid })}.${encode(claims)}`;
    return `${text}.${sign("RSA-SHA256", Buffer.from(text), key.privateKey).toString("base64url")}`;
  }

  return {
    jwt(webhookId, forgery = null) {
      if (forgery === "missing") return null;
      const seconds = Math.floor(clock.now() / 1000);
      if (forgery !== null) return build(webhookId, seconds, forgery);
      const name = `${webhookId}:${settings.jwtTimes}`;
      const known = cache.get(name);
      if (known?.issued === seconds) return known.jwt;
      const jwt = build(webhookId, seconds, null);
      cache.set(name, { issued: seconds, jwt });
      return jwt;
    },
    jwks: () => ({
      keys: keys().map(({ kid, privateKey }) => {
        const { kty = "RSA", n = "", e = "" } = createPublicKey(privateKey).export({ format: "jwk" });
        return { kty, n, e, kid, alg: "RS256", use: "sig" };
      }),
    }),
    rotate({ dropOld = false } = {}) {
      made = [newKey(), ...(dropOld ? [] : keys())];
      cache.clear();
    },
  };
}
