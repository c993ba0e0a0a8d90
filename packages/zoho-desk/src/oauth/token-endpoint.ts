import { PermanentError, TransientError, isJsonObject, parseJson } from "@deskmirror/model";
import type { AccessToken } from "@deskmirror/model";
import { z } from "zod";
import type { Transport } from "../http/transport.ts";

/** Where a token is asked for, and as whom. */
export interface OAuthClient {
  /** Without a slash at the end. */
  readonly accountsUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** A good answer of the token endpoint. */
export interface TokenAnswer {
  readonly access: AccessToken;
  /** Only for a code. */
  readonly refreshToken: string | null;
  /** Null when Zoho did not say. */
  readonly scopes: readonly string[] | null;
}

/** A token request gets this long. */
export const TOKEN_TIMEOUT_MS = 10_000;

const tokenAnswer = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive().default(3600),
  refresh_token: z.string().min(1).optional(),
  scope: z.string().optional(),
});

/** Asks for tokens with a generated code or a refresh token. */
export interface TokenRequest {
  readonly client: OAuthClient;
  readonly grant: { readonly code: string } | { readonly refreshToken: string };
  readonly transport: Transport;
  readonly now: () => number;
}

/**
 * One call of `POST /oauth/v2/token`. Zoho tells errors in bodies with status 200 (Zoho Accounts, OAuth): PermanentError with its
 * word as `code`; TransientError when the window is used up or no clear answer came. No message holds a secret.
 */
export async function requestToken({ client, grant, transport, now }: TokenRequest): Promise<TokenAnswer> {
  const sentMs = now();
  const reply = await transport({
    method: "POST",
    url: `${client.accountsUrl}/oauth/v2/token`,
    form: {
      client_id: client.clientId,
      client_secret: client.clientSecret,
      ...("code" in grant
        ? { grant_type: "authorization_code", code: grant.code }
        : { grant_type: "refresh_token", refresh_token: grant.refreshToken }),
    },
    timeoutMs: TOKEN_TIMEOUT_MS,
  });
  const body = readJson(reply.text);
  const refusal = readRefusal(body);
  if (refusal === "Access Denied" || refusal === "access_denied" || reply.status === 429) {
    throw new TransientError("Zoho gives this grant no more tokens for ten minutes", {
      code: "REFRESH_WINDOW",
      retryAfterMs: 600_000,
    });
  }
  if (refusal !== null && !transientWords.has(refusal)) {
    throw new PermanentError(`Zoho refused: ${refusal}`, { code: refusal });
  }
  const answer = tokenAnswer.safeParse(body);
  if (!answer.success || reply.status !== 200) {
    throw new TransientError(`the token endpoint gave no clear answer (status ${reply.status})`, { code: "UNCLEAR" });
  }
  const { access_token: token, expires_in: expiresIn, refresh_token: refreshToken, scope } = answer.data;
  return {
    access: { token, expiresMs: sentMs + expiresIn * 1000 },
    refreshToken: refreshToken ?? null,
    scopes: scope === undefined ? null : scope.split(/[\s,]+/).filter(Boolean),
  };
}

/** Words that blame neither grant nor client. */
const transientWords = new Set(["general_error", "server_error", "temporarily_unavailable"]);

/** Zoho's own word for a refusal; null when the body is none. */
export function readRefusal(body: unknown): string | null {
  return isJsonObject(body) && typeof body["error"] === "string" ? body["error"] : null;
}

/** JSON, or null when the text is none. */
export function readJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}
