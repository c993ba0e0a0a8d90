import type { JsonObject, JsonValue } from "@deskmirror/model";
import { z } from "zod";
import { sharedKey } from "./keys.ts";

/** A key of a service URL as ingest knows it: never the key itself. */
export interface RegistryEntry {
  readonly source: string;
  readonly orgId: string;
  /** sha256 of the key, hex. */
  readonly keyHash: string;
  /** `grace`: rotated out and still good until `graceUntilMs`. */
  readonly state: "current" | "grace" | "rotated" | "removed";
  readonly graceUntilMs: number | null;
  /** The source's present webhook, whichever key this is. */
  readonly webhookId: string | null;
  readonly signature: "require" | "verify" | "off";
  readonly jwks: JsonObject | null;
  readonly paused: boolean;
}

/** Keys of Redis that hold the published registry: entries by key hash, and the version, which is also the marker. */
export const REGISTRY = {
  entries: sharedKey("registry", "entries"),
  version: sharedKey("registry", "version"),
  channel: sharedKey("registry", "changed"),
};

/** How often a process looks whether it missed a change. */
export const REGISTRY_POLL_MS = 5_000;

const json: z.ZodType<JsonValue> = z.json();

/** The shape of an entry, wherever it is read from. */
export const registryEntrySchema = z.object({
  source: z.string(),
  orgId: z.string(),
  keyHash: z.string(),
  state: z.enum(["current", "grace", "rotated", "removed"]),
  graceUntilMs: z.number().nullable(),
  webhookId: z.string().nullable(),
  signature: z.enum(["require", "verify", "off"]),
  jwks: z.record(z.string(), json).nullable(),
  paused: z.boolean(),
});
