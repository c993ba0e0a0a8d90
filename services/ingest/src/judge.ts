import type { JsonObject, SignatureState } from "@deskmirror/model";
import type { RegistryEntry } from "@deskmirror/redis";
import type { Refusal } from "./answer.ts";
import { refusals } from "./answer.ts";

/** Checks a token of `X-ZDesk-JWT` against a source's public keys, without asking anybody. */
export type Verify = (
  token: string,
  jwks: JsonObject,
  of: { readonly orgId: string; readonly webhookId: string | null; readonly nowMs: number },
) => Promise<"valid" | "invalid" | "unknown-kid">;

/** What a signature says of a delivery, or why it is refused. */
export async function judgeSignature(
  entry: RegistryEntry,
  given: { readonly token: string | null; readonly receivedMs: number; readonly verify: Verify },
): Promise<SignatureState | Refusal> {
  const { signature, jwks, orgId, webhookId } = entry;
  const { token, receivedMs } = given;
  if (signature === "off") return "missing";
  if (token === null) return signature === "require" ? refusals.signatureMissing : "missing";
  if (jwks === null) return "unverified";
  const verdict = await given.verify(token, jwks, { orgId, webhookId, nowMs: receivedMs });
  if (verdict === "unknown-kid") return "unverified";
  return verdict === "valid" ? "valid" : refusals.signatureWrong;
}

/** What a body is: nothing, a JSON array of so many elements, or anything else. */
export type Content =
  | { readonly kind: "empty" }
  | { readonly kind: "events"; readonly events: number }
  | { readonly kind: "foreign"; readonly events: 1 };

/** Looks at a body without interpreting it (design decision 8: capture first). */
export function judgeContent(text: string): Content {
  if (text.trim() === "") return { kind: "empty" };
  try {
    const json: unknown = JSON.parse(text);
    if (Array.isArray(json)) return json.length === 0 ? { kind: "empty" } : { kind: "events", events: json.length };
  } catch {
    // No JSON: a text message of a workflow rule, kept as it is.
  }
  return { kind: "foreign", events: 1 };
}
