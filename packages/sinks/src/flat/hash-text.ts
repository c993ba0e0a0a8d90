import { createHash } from "node:crypto";

/** A hash by which the text of a view is known again. */
export function hashText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
