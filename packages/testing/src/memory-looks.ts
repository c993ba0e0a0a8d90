import type { SubscriptionLook, SubscriptionLooks } from "@deskmirror/redis";

/** The last looks at the subscriptions, of all processes in one. */
export function createMemoryLooks(): SubscriptionLooks {
  const looks = new Map<string, SubscriptionLook>();
  return {
    read: async (source) => looks.get(source) ?? null,
    write: async (source, look) => void looks.set(source, look),
    async hurry(source) {
      const look = looks.get(source);
      if (look !== undefined) looks.set(source, { ...look, nextMs: 0 });
    },
    forget: async (source) => void looks.delete(source),
  };
}
