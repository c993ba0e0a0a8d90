import { PermanentError, TransientError, toError } from "@deskmirror/model";
import type * as z from "zod";
import type { Settings } from "../settings.ts";
import { ApiError, refusal } from "./api-error.ts";

/** A call of the admin API. */
export interface Call {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** From `/api` on, encoded, with its query. */
  readonly path: string;
  readonly body?: object;
}

/** What the API answered. */
export interface Answer<T> {
  readonly value: T;
  /** As it came: what `--json` prints. */
  readonly text: string;
}

/**
 * The admin API. A call throws ApiError when it is refused, TransientError when nothing answers, and PermanentError when what answers is
 * not this API.
 */
export interface Api {
  readonly url: string;
  readonly call: <T>(call: Call, schema: z.ZodType<T>) => Promise<Answer<T>>;
}

/** More than any answer takes: the longest are held for a minute, or wait for Zoho. */
const TIMEOUT_MS = 120_000;

/** The admin API at an address. */
export function createApi({ url, token }: Settings, signal: AbortSignal): Api {
  return {
    url,
    async call({ method, path, body }, schema) {
      const { status, text } = await ask(`${url}${path}`, {
        method,
        // A proxy's redirect must not carry the token elsewhere.
        redirect: "manual",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const json = parseJson(text);
      if (status >= 200 && status < 300) {
        const result = schema.safeParse(json);
        if (result.success) return { value: result.data, text };
        throw new PermanentError(
          `${method} ${path} answered what this command line does not know: ${describe(result.error)}. It must be of the same version as sync.`,
        );
      }
      const refused = refusal.safeParse(json);
      if (refused.success) throw new ApiError(status, refused.data.error, text);
      throw new PermanentError(
        `${url} answered ${status}, but not as the admin API does. DESKMIRROR_URL must name the private port of sync (SYNC_PORT).`,
      );
    },
  };
}

/** Asks without a token, whatever the answer. TransientError, which says how to start sync, when there is none. */
export async function ask(url: string, init: RequestInit): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const answer = await fetch(url, init);
    return { status: answer.status, text: await answer.text() };
  } catch (thrown) {
    if (init.signal?.aborted === true && toError(thrown).name === "AbortError") throw thrown;
    throw new TransientError(
      `Nothing answers at ${new URL(url).origin} (${reason(toError(thrown))}). Start sync with \`npm start\` or \`docker compose up\`; if it runs elsewhere, set DESKMIRROR_URL.`,
      { cause: thrown },
    );
  }
}

function reason(error: Error): string {
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? cause.code : null;
  if (code === "ECONNREFUSED") return "connection refused";
  return typeof code === "string" ? code : error.message;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function describe({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join(".") || "the answer"}: ${message}`).join("; ");
}
