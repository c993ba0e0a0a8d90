import type { Content, JsonObject, SignatureState } from "@deskmirror/model";
import type { RegistryEntry } from "@deskmirror/redis";
import type { Refusal } from "./answer.ts";
import { refusals } from "./answer.ts";

/** Checks a token of `X-ZDesk-JWT` against a source's public keys, without asking anybody; no keys are keys that lack its `kid`. */
export type Verify = (
  token: string,
  jwks: JsonObject | null,
  of: { readonly orgId: string; readonly webhookId: string | null; readonly nowMs: number },
) => Promise<"valid" | "invalid" | "unknown-kid">;

/** What is known of a request's signature. */
export interface Given {
  readonly token: string | null;
  readonly receivedMs: number;
  readonly verify: Verify;
}

/** What a signature says of a delivery, or why it is refused. */
export async function judgeSignature(
  entry: RegistryEntry,
  given: Given & Pick<Content, "kind">,
): Promise<SignatureState | Refusal> {
  const { signature, state } = entry;
  const isRequired = signature === "require";
  if (signature === "off" && state !== "rotated") return "missing";
  if (isRequired && given.kind === "foreign") return refusals.signatureMissing;
  if (given.token === null) return isRequired ? refusals.signatureMissing : "missing";
  const verdict = await verdictOf(entry, given.token, given);
  if (verdict === "invalid") return state === "current" ? refusals.signatureWrong : refusals.gone;
  return verdict === "valid" ? "valid" : "unverified";
}

/** Whether the source's present webhook signed this, or may have: then it is not sent away, though its key is rotated out. */
export async function isOfPresentWebhook(entry: RegistryEntry, given: Given): Promise<boolean> {
  if (entry.state !== "rotated" || entry.webhookId === null || given.token === null) return false;
  return (await verdictOf(entry, given.token, given)) !== "invalid";
}

function verdictOf({ jwks, orgId, webhookId }: RegistryEntry, token: string, { verify, receivedMs }: Given) {
  return verify(token, jwks, { orgId, webhookId, nowMs: receivedMs });
}
