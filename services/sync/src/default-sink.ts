import { ConfigError } from "@deskmirror/model";
import type { Vault } from "@deskmirror/model";
import { keepTrying } from "@deskmirror/runtime";
import type { CheckResult, Log } from "@deskmirror/runtime";
import type { Sinks } from "./sinks.ts";

/** The sink of SINK_URL, which also keeps the sealed sources: nothing begins before it is open. */
export interface DefaultSink {
  /** Tries until it is open. ConfigError that names SINK_URL when it is refused; rejects when the signal is aborted. */
  open(): Promise<void>;
  /** Its vault, wherever that is now. */
  readonly vault: Vault;
  /** Opens it anew when it was dropped or put in another's place. TransientError when it is out of reach. */
  look(): Promise<void>;
  /** Whether it answers. */
  check(): Promise<CheckResult>;
}

const LONGEST_PAUSE_MS = 10_000;

/** The default sink, not opened yet. */
export function createDefaultSink(options: {
  readonly url: string;
  readonly sinks: Sinks;
  readonly log: Log;
  readonly signal: AbortSignal;
}): DefaultSink {
  const { url, sinks, log, signal } = options;
  let isOpen = false;
  let problem = "the sink of SINK_URL is being opened";
  const current = (): Promise<Vault> => sinks.open(url).then(({ vault }) => vault);

  return {
    async open() {
      try {
        await keepTrying({
          run: () => sinks.open(url),
          signal,
          capMs: LONGEST_PAUSE_MS,
          onFailure({ message }, waitMs) {
            problem = `the sink of SINK_URL cannot be opened yet: ${message}`;
            log.warn({ problem: message, waitMs }, "the sink of SINK_URL cannot be opened yet");
          },
        });
        isOpen = true;
      } catch (error) {
        if (error instanceof ConfigError) throw new ConfigError(`SINK_URL: ${error.message}`, { cause: error });
        throw error;
      }
    },
    vault: {
      put: async (name, sealed) => (await current()).put(name, sealed),
      remove: async (name) => (await current()).remove(name),
      all: async () => (await current()).all(),
    },
    async look() {
      const sink = await sinks.open(url);
      if (await sink.isIntact([])) return;
      log.warn("the sink of SINK_URL was dropped or is another one now; it is opened anew");
      sinks.forget(sink);
      await sinks.open(url);
    },
    async check() {
      if (!isOpen) return { ok: false, message: problem };
      await (await current()).all();
      return { ok: true, message: "answers" };
    },
  };
}
