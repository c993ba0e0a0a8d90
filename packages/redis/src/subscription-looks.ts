import { z } from "zod";
import { ask } from "./ask.ts";
import type { RedisConnection } from "./connection.ts";
import { sourceKey } from "./keys.ts";

const lookSchema = z.object({
  state: z.enum(["active", "missing", "disabled", "unknown", "unavailable"]),
  /** Why it is not as it should be, and what to do; null when it is. */
  message: z.string().nullable(),
  /** The events that were wanted of it. */
  events: z.array(z.string()),
  /** When it was last seen as it should be (ms); null: never. */
  goodMs: z.number().nullable(),
  /** Since when it is as it is (ms, the source's clock): what changed before, it may never have told. */
  sinceMs: z.number(),
  /** Looks in a row that left something wrong. */
  failures: z.number(),
  /** When to look again (ms). */
  nextMs: z.number(),
});

/** What a look at a source's subscription found. */
export type SubscriptionLook = Readonly<z.output<typeof lookSchema>>;

/** The last look at the subscription of each source, shared by all processes. TransientError when Redis is out of reach. */
export interface SubscriptionLooks {
  /** Null while nobody has looked. */
  readonly read: (source: string) => Promise<SubscriptionLook | null>;
  readonly write: (source: string, look: SubscriptionLook) => Promise<void>;
  /** Makes the next look due now. */
  readonly hurry: (source: string) => Promise<void>;
  readonly forget: (source: string) => Promise<void>;
}

/** The looks at the subscriptions. */
export function createSubscriptionLooks({
  connection: { client },
}: {
  readonly connection: RedisConnection;
}): SubscriptionLooks {
  const key = (source: string) => sourceKey(source, "subscription");
  return {
    async read(source) {
      const { look, nextMs } = await ask(client.hgetall(key(source)));
      return look === undefined ? null : lookSchema.parse({ ...JSON.parse(look), nextMs: Number(nextMs) });
    },
    async write(source, { nextMs, ...look }) {
      await ask(client.hset(key(source), { look: JSON.stringify(look), nextMs }));
    },
    async hurry(source) {
      await ask(client.hset(key(source), { nextMs: 0 }));
    },
    async forget(source) {
      await ask(client.del(key(source)));
    },
  };
}
