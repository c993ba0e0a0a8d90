import { toError } from "@deskmirror/model";

/** What a connection test found out of one thing (contract section 4): all well, works but not as well as it could, or must be mended. */
export type Check = {
  readonly name: string;
  readonly state: "ok" | "warn" | "fail";
  readonly message: string;
  /** What to do; null when there is nothing to do. */
  readonly hint: string | null;
};

/** What is well. */
export function ok(name: string, message: string): Check {
  return { name, state: "ok", message, hint: null };
}

/** What works, but not as well as it could. */
export function warn(name: string, message: string, hint: string): Check {
  return { name, state: "warn", message, hint };
}

/** What must be mended. */
export function fail(name: string, message: string, hint: string): Check {
  return { name, state: "fail", message, hint };
}

/** What could not be found out, since something else is in the way. */
export function unjudged(name: string, why: string, hint = "Mend what fails, then test again."): Check {
  return warn(name, `Not judged: ${why}.`, hint);
}

/** The message of whatever was thrown, as the reason of something. */
export function toWhy(thrown: unknown): string {
  return toError(thrown).message.replace(/\.$/, "");
}

/** The same as a sentence. */
export function said(thrown: unknown): string {
  return `${toWhy(thrown)}.`;
}
