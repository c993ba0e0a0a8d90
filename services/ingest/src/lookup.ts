import type { RegistryEntry, RegistryReader } from "@deskmirror/redis";
import type { CheckResult } from "@deskmirror/runtime";
import { refusals } from "./answer.ts";
import type { Refusal } from "./answer.ts";

/** What keys are looked up in. */
export interface LookupOptions {
  readonly registry: Pick<RegistryReader, "find" | "refresh">;
  /** Whether Redis answers now. */
  readonly isRedisThere: () => boolean;
}

/**
 * Finds whose key this is. A key in use is answered from memory; 404 and 410, after which Zoho never comes back, are said only
 * when Redis says so now.
 */
export function createLookup(
  options: LookupOptions,
): (key: string) => RegistryEntry | Promise<RegistryEntry | Refusal> {
  const { registry, isRedisThere } = options;
  return function lookUp(key) {
    const found = registry.find(key);
    return isUsed(found) ? found : lookAgain(key);
  };

  async function lookAgain(key: string): Promise<RegistryEntry | Refusal> {
    if (!isRedisThere()) return refusals.unavailable;
    await registry.refresh();
    const found = registry.find(key);
    if (isUsed(found)) return found;
    if (!isRedisThere() || !isCertain(registry)) return refusals.unavailable;
    return "unknown" in found ? refusals.notFound : refusals.gone;
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
