import type { RegistryEntry, RegistryReader } from "@deskmirror/redis";
import type { CheckResult } from "@deskmirror/runtime";
import { refusals } from "./answer.ts";
import type { Refusal } from "./answer.ts";
import { isOfPresentWebhook } from "./judge.ts";
import type { Verify } from "./judge.ts";

/** Finds whose key this is, for a request with this `X-ZDesk-JWT`, if any. */
export type LookUp = (key: string, token: string | null) => RegistryEntry | Promise<RegistryEntry | Refusal>;

/** What keys are looked up in. */
export interface LookupOptions {
  readonly registry: Pick<RegistryReader, "find" | "refresh">;
  /** Whether Redis answers now. */
  readonly isRedisThere: () => boolean;
  readonly verify: Verify;
}

/**
 * A key in use is answered from memory; 404 and 410, after which Zoho never comes back, are said only when Redis says so now, and
 * never to the present webhook of a source.
 */
export function createLookup({ registry, isRedisThere, verify }: LookupOptions): LookUp {
  return function lookUp(key, token) {
    const found = registry.find(key);
    return isUsed(found) ? found : lookAgain(key, token);
  };

  async function lookAgain(key: string, token: string | null): Promise<RegistryEntry | Refusal> {
    const known = await findTaken(key, token);
    if (known !== null) return known;
    if (!isRedisThere()) return refusals.unavailable;
    await registry.refresh();
    const taken = await findTaken(key, token);
    if (taken !== null) return taken;
    if (!isRedisThere() || !isCertain(registry)) return refusals.unavailable;
    return "unknown" in registry.find(key) ? refusals.notFound : refusals.gone;
  }

  async function findTaken(key: string, token: string | null): Promise<RegistryEntry | null> {
    const found = registry.find(key);
    if (isUsed(found)) return found;
    if ("unknown" in found) return null;
    return (await isOfPresentWebhook(found, { token, receivedMs: Date.now(), verify })) ? found : null;
  }
}

/** For readiness: whether sources are known, or Redis says that there are none. */
export function checkRegistry(registry: Pick<RegistryReader, "find" | "sources">): CheckResult {
  const known = registry.sources().length;
  const ok = known > 0 || isCertain(registry);
  return { ok, message: ok ? `${known} sources` : "no source is known: start sync, which publishes them" };
}

/** Whether Redis holds the whole registry; nobody has the empty key. */
function isCertain({ find }: Pick<RegistryReader, "find">): boolean {
  const nobody = find("");
  return "unknown" in nobody && nobody.certain;
}

function isUsed(found: ReturnType<RegistryReader["find"]>): found is RegistryEntry {
  return "state" in found && (found.state === "current" || found.state === "grace");
}
