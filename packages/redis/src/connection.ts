import { toError } from "@deskmirror/model";
import { Redis } from "ioredis";
import type { RedisOptions } from "ioredis";
import { ask } from "./ask.ts";
import { createSubscriptions } from "./subscriptions.ts";
import type { Subscriber } from "./subscriptions.ts";
import { parseInfo } from "./info.ts";

/** Writes a problem to the process's log; `fields` never hold a secret or a body. */
export type Log = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Redis as the process is connected to it. It reconnects by itself within a second, whenever it was lost or not there yet. */
export interface RedisConnection {
  /** Sends commands; fails at once while Redis is away, and after a time-out. For this package only. */
  readonly client: Redis;
  /** Sends commands when Redis is there, however long that takes: what BullMQ's workers need. For this package only. */
  patientClient(): Redis;
  /** Hears a channel until the function it gives is called; messages sent while Redis is away are lost. */
  subscribe(channel: string, subscriber: Subscriber): () => void;
  /** Calls back each time commands can be sent again, until the function it gives is called. */
  onReady(listener: () => void): () => void;
  /** Whether commands can be sent now, and what is wrong when not; a Redis that stands still shows only later. */
  status(): { readonly ok: boolean; readonly message: string };
  /** For readiness: whether Redis answers and takes what it is given, and what is wrong when not. Rejects when no answer comes. */
  check(): Promise<{ readonly ok: boolean; readonly message: string }>;
  /** Resolves when commands can be sent. Rejects when the signal aborts. */
  ready(signal?: AbortSignal): Promise<void>;
  /** Null when Redis keeps what it is given; else what is wrong and what to do. */
  checkSafety(): Promise<string | null>;
  /** Used memory and `maxmemory` (null when there is none), in bytes. */
  memory(): Promise<{ readonly usedBytes: number; readonly maxBytes: number | null }>;
  close(): Promise<void>;
}

/** How a process is to be connected. */
export interface ConnectOptions {
  readonly url: string;
  /** `ingest` answers Zoho within a second and so gives up on a command after 500 ms; `sync` after 5 s. */
  readonly role: "ingest" | "sync";
  readonly log?: Log;
}

const COMMAND_TIMEOUT_MS = { ingest: 500, sync: 5_000 };
const SILENCE_MS = { ingest: 2_000, sync: 15_000 };

/** Connects without waiting: Redis may be down, now or later. */
export function connectRedis({ url, role, log = () => {} }: ConnectOptions): RedisConnection {
  let problem = "not connected yet";
  const common = {
    // BullMQ reads its answers in the shapes of RESP2.
    protocol: 2,
    connectTimeout: 2_000,
    retryStrategy: (times: number) => Math.min(50 * 2 ** times, 1_000) * (0.5 + Math.random() / 2),
    // A peer that vanished without closing is noticed by its silence, not by the kernel's quarter of an hour.
    socketTimeout: SILENCE_MS[role],
  } satisfies RedisOptions;
  const patient = { ...common, socketTimeout: SILENCE_MS.sync, maxRetriesPerRequest: null } satisfies RedisOptions;
  const opened: Redis[] = [];

  function open(use: string, options: Omit<RedisOptions, "replyMapping">): Redis {
    const client = new Redis(url, options);
    client.setMaxListeners(10_000); // a few for each queue and each organization; BullMQ counts on from here
    let told = false;
    client.on("error", (error: Error & { code?: string }) => {
      problem = error.message || (error.code ?? "connection failed");
      if (!told) log("redis is out of reach", { use, problem });
      told = true;
    });
    client.on("ready", () => {
      if (told) log("redis is back", { use });
      told = false;
    });
    opened.push(client);
    return client;
  }

  const client = open("commands", {
    ...common,
    commandTimeout: COMMAND_TIMEOUT_MS[role],
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
  });
  let patientClient: Redis | null = null;
  const subscriptions = createSubscriptions(() => open("channels", { ...patient, autoResubscribe: false }));

  const status = () => {
    const ok = client.status === "ready";
    return { ok, message: ok ? "connected" : `Redis is out of reach (${problem}): check REDIS_URL and the server` };
  };

  async function memory() {
    const info = parseInfo(await ask(client.info("memory")));
    const maxBytes = Number(info["maxmemory"] ?? 0);
    return { usedBytes: Number(info["used_memory"]), maxBytes: maxBytes > 0 ? maxBytes : null };
  }

  return {
    client,
    patientClient: () => (patientClient ??= open("queues", patient)),
    subscribe: subscriptions.subscribe,
    onReady(listener) {
      client.on("ready", listener);
      return () => client.off("ready", listener);
    },
    status,
    async check() {
      const now = status();
      if (!now.ok) return now;
      const { usedBytes, maxBytes } = await memory();
      if (maxBytes === null || usedBytes < maxBytes) return { ok: true, message: "answers" };
      return {
        ok: false,
        message: `Redis is full (${usedBytes} of ${maxBytes} bytes) and takes nothing: raise maxmemory`,
      };
    },
    ready: (signal) =>
      client.status === "ready"
        ? Promise.resolve()
        : new Promise((resolve, reject) => {
            const abort = () => settle(() => reject(toError(signal?.reason)));
            const settle = (end: () => void) => {
              client.off("ready", succeed);
              signal?.removeEventListener("abort", abort);
              end();
            };
            const succeed = () => settle(resolve);
            if (signal?.aborted === true) return abort();
            client.on("ready", succeed);
            signal?.addEventListener("abort", abort);
          }),
    async checkSafety() {
      const info = parseInfo(await ask(client.info()));
      const wrong = [
        ...(info["aof_enabled"] === "1" ? [] : ["appendonly is no: set `appendonly yes`"]),
        ...(info["maxmemory_policy"] === "noeviction"
          ? []
          : [`maxmemory-policy is ${info["maxmemory_policy"]}: set \`maxmemory-policy noeviction\``]),
      ];
      return wrong.length === 0
        ? null
        : `Redis would lose what it is given (${wrong.join("; ")}). Change redis.conf, or set ALLOW_UNSAFE_REDIS=true for development.`;
    },
    memory,
    async close() {
      // Whatever is unsent then waits for an answer that never comes; quitting politely would wait with it.
      for (const each of opened) each.disconnect();
    },
  };
}
