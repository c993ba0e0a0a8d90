import { randomBytes } from "node:crypto";

/** A name no other test uses, since tests may share a Redis. */
export function uniqueName(prefix = "s"): string {
  return `${prefix}${randomBytes(6).toString("hex")}`;
}
