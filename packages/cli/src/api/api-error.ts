import * as z from "zod";

/** A refusal of the admin API: what happened and what to do (contract section 4, errors). */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly hint: string;
  /** The answer as it came. */
  readonly text: string;

  constructor(status: number, refusal: Refusal, text: string) {
    super(refusal.message);
    this.status = status;
    this.code = refusal.code;
    this.hint = refusal.hint;
    this.text = text;
  }
}

/** What a refusal says. */
export type Refusal = z.output<typeof refusal>["error"];

export const refusal = z.object({ error: z.object({ code: z.string(), message: z.string(), hint: z.string() }) });
