import type { DeliveryGroup } from "@deskmirror/model";
import { z } from "zod";

const delivery = z.object({
  id: z.string(),
  receivedMs: z.number(),
  body: z.string(),
  kind: z.enum(["events", "foreign"]),
  signature: z.enum(["missing", "valid", "unverified"]),
  token: z.string().nullable(),
  module: z.string().nullable(),
  events: z.int().nonnegative(),
  replays: z.int().positive().optional(),
});

const group = z.object({ id: z.string(), source: z.string(), deliveries: z.array(delivery) });

/** What a job holds; throws when it is no group, which only another version of this program can have written. */
export function parseGroup(data: unknown): DeliveryGroup {
  return group.parse(data);
}
