import type { NextFunction, Request, RequestHandler, Response } from "express";
import { ConfigError, CreditsError, PermanentError, TransientError, toError } from "@deskmirror/model";
import type { Log } from "@deskmirror/runtime";
import * as z from "zod";

/** An answer that is no success: status, code, what happened, and what to do (contract section 4). */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly hint: string;

  constructor(status: number, code: string, text: { readonly message: string; readonly hint: string }) {
    super(text.message);
    this.status = status;
    this.code = code;
    this.hint = text.hint;
  }
}

/** Answers with the error's JSON shape. */
export function sendError(res: Response, error: ApiError): void {
  const { status, code, message, hint } = error;
  if (status === 503 || status === 429) res.setHeader("retry-after", "30");
  res.status(status).json({ error: { code, message, hint } });
}

/** The answer for whatever was thrown; unforeseen errors are logged and show nothing of the inside. */
export function toApiError(thrown: unknown): ApiError | null {
  const error = toError(thrown);
  if (error instanceof ApiError) return error;
  if (error instanceof z.ZodError) {
    const message = error.issues.map(({ path, message: text }) => `${path.join(".") || "body"}: ${text}`).join("; ");
    return new ApiError(422, "INVALID", {
      message,
      hint: "Mend the named fields; GET /api/openapi.json describes each.",
    });
  }
  if (error instanceof CreditsError) {
    return new ApiError(409, "CREDITS", {
      message: error.message,
      hint: "Wait for the new day or lower throttle.reserve.",
    });
  }
  if (error instanceof TransientError) {
    return new ApiError(503, error.code, {
      message: error.message,
      hint: "Try again in a moment; if it stays, mend what the message names.",
    });
  }
  if (error instanceof PermanentError || error instanceof ConfigError) {
    const code = error instanceof PermanentError ? error.code : "CONFIG";
    return new ApiError(422, code, { message: error.message, hint: "Mend what the message names and try again." });
  }
  return toRequestError(error);
}

/** What express and its parsers say of a request: errors with a status of 4xx, of which the contract keeps 413 and 400. */
function toRequestError(error: Error & { readonly type?: unknown; readonly status?: unknown }): ApiError | null {
  const { type, status, message } = error;
  if (type === "entity.parse.failed") {
    const hint = "Send a JSON object, whatever the content-type says.";
    return new ApiError(400, "NOT_JSON", { message: "The body is not JSON.", hint });
  }
  if (status === 413) {
    return new ApiError(413, "TOO_LARGE", { message: "The body is larger than 64 KiB.", hint: "Send less." });
  }
  if (typeof status !== "number" || status < 400 || status > 499) return null;
  const hint =
    "Send a path that is encoded as in a URL, and a body of JSON in UTF-8, not compressed or as its headers say.";
  return new ApiError(400, "BAD_REQUEST", { message: `The request cannot be read: ${message}.`, hint });
}

/** The last middleware: turns what handlers throw into answers. */
export function errorAnswers(log: Log) {
  return function errorAnswer(error: unknown, _req: Request, res: Response, _next: NextFunction): void {
    const known = toApiError(error);
    if (known !== null) return sendError(res, known);
    log.error({ err: toError(error) }, "an admin call failed");
    const message = "The call failed inside; nothing is known to be done.";
    sendError(res, new ApiError(503, "INTERNAL", { message, hint: "Look at the log of sync, then try again." }));
  };
}

/** What is not there. */
export const notFound: RequestHandler = (_req, res) => {
  const text = {
    message: "There is nothing at this address.",
    hint: "GET /api/openapi.json describes every call, and / of this port shows them.",
  };
  sendError(res, new ApiError(404, "NOT_FOUND", text));
};
