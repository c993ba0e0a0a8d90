import { generateKeyPairSync, sign } from "node:crypto";
import { promisify } from "node:util";
import type { JsonObject } from "@deskmirror/model";

const kid = "bench";
const lifeSeconds = 3_600;

/** Signs tokens as Zoho Desk does (X-ZDesk-JWT, RS256); the key set is what `/.well-known/jwks.json` would hold. */
export function createSigner(orgId: string) {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...(publicKey.export({ format: "jwk" }) as JsonObject), kid, alg: "RS256", use: "sig" };
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  return {
    jwks: { keys: [jwk] } satisfies JsonObject,
    /** Different for each `index`. */
    async token(index: number): Promise<string> {
      const iat = Math.floor(Date.now() / 1_000);
      const claims = { iss: `orgId:${orgId}`, aud: "webhookId:bench", iat, exp: iat + lifeSeconds, index };
      const text = `${encode({ alg: "RS256", typ: "JWT", kid })}.${encode(claims)}`;
      return `${text}.${(await promisify(sign)("RSA-SHA256", Buffer.from(text), privateKey)).toString("base64url")}`;
    },
  };
}
