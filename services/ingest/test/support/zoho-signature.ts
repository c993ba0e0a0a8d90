import { generateKeyPairSync, sign } from "node:crypto";
import type { JsonObject } from "@deskmirror/model";

/** Claims of an `X-ZDesk-JWT`. */
export interface Claims {
  readonly orgId: string;
  readonly webhookId: string;
  readonly expiresMs?: number;
}

/** A key pair as Zoho signs deliveries with. */
export function createSigner(kid: string) {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk: JsonObject = { ...(publicKey.export({ format: "jwk" }) as JsonObject), kid, alg: "RS256", use: "sig" };
  return {
    jwk,
    token({ orgId, webhookId, expiresMs = Date.now() + 60_000 }: Claims): string {
      const claims = { iss: `orgId:${orgId}`, aud: `webhookId:${webhookId}`, iat: expiresMs - 120_000, exp: expiresMs };
      const text = [{ alg: "RS256", kid }, claims]
        .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
        .join(".");
      return `${text}.${sign("RSA-SHA256", Buffer.from(text), privateKey).toString("base64url")}`;
    },
  };
}
