/**
 * How a version orders states of one register (docs/invariants.md, I3 and I4). Text of fixed width, so that byte order is
 * version order: `s.a.h.g` with
 * s = 15 digits of ms: when the source last modified the state (0 in provisional detail),
 * a = 15 digits of ms: when that state was known to be current,
 * h = 16 hex digits of the register's content,
 * g = 1 when a GET by id gave it, else 0.
 */
export type ContentVersion = string;

/** `e.d`: 15 digits of ms, then 1 for dead or 0 for alive, so that dead wins ties. */
export type LifeVersion = string;

/** No version yet: smaller than every version. */
export const NO_VERSION = "";

/** The parts of a content version; times in ms since 1970. */
export interface VersionParts {
  readonly modifiedMs: number;
  readonly currentMs: number;
  readonly contentHash: string;
  readonly fromGet: boolean;
}

/** Writes the parts as a content version. */
export function toContentVersion(parts: VersionParts): ContentVersion {
  return `${digits(parts.modifiedMs)}.${digits(parts.currentMs)}.${parts.contentHash}.${parts.fromGet ? "1" : "0"}`;
}

/** Reads a content version; null for `NO_VERSION`. */
export function toVersionParts(version: ContentVersion): VersionParts | null {
  if (version === NO_VERSION) return null;
  return {
    modifiedMs: Number(version.slice(0, 15)),
    currentMs: Number(version.slice(16, 31)),
    contentHash: version.slice(32, 48),
    fromGet: version.endsWith("1"),
  };
}

/** The life version of a record known to exist (or not) at a time in ms. */
export function toLifeVersion(atMs: number, state: "alive" | "dead"): LifeVersion {
  return `${digits(atMs)}.${state === "dead" ? "1" : "0"}`;
}

/** Reads a life version; null for `NO_VERSION`. */
export function toLifeParts(version: LifeVersion): { readonly atMs: number; readonly dead: boolean } | null {
  return version === NO_VERSION ? null : { atMs: Number(version.slice(0, 15)), dead: version.endsWith("1") };
}

/** The larger of two versions of the same register. */
export function newest(left: string, right: string): string {
  return left > right ? left : right;
}

function digits(ms: number): string {
  if (!Number.isSafeInteger(ms) || ms < 0) throw new RangeError(`a version needs whole milliseconds, not ${ms}`);
  return String(ms).padStart(15, "0");
}
