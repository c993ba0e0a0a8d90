import { ConfigError } from "@deskmirror/model";
import type { Sink } from "@deskmirror/model";
import { keepTrying } from "@deskmirror/runtime";
import type { CheckResult, Log } from "@deskmirror/runtime";

/** The sink of SINK_URL, which also keeps the sealed sources: nothing begins before it is open. */
export interface DefaultSink {
  /** Tries until it is open. ConfigError that names SINK_URL when it is refused; rejects when the signal is aborted. */
  open(): Promise<Sink>;
  /** Whether it answers. */
  check(): Promise<CheckResult>;
}

const LONGEST_PAUSE_MS = 10_000;

/** The default sink, not opened yet. */
export function createDefaultSink(options: {
  readonly openSink: () => Promise<Sink>;
  readonly log: Log;
  readonly signal: AbortSignal;
}): DefaultSink {
  const { openSink, log, signal } = options;
  let sink: Sink | null = null;
  let problem = "the sink of SINK_URL is being opened";

  return {
    async open() {
      try {
        sink = await keepTrying({
          run: openSink,
          signal,
          capMs: LONGEST_PAUSE_MS,
          onFailure({ message }, waitMs) {
            problem = `the sink of SINK_URL cannot be opened yet: ${message}`;
            log.warn({ problem: message, waitMs }, "the sink of SINK_URL cannot be opened yet");
          },
        });
        return sink;
      } catch (error) {
        if (error instanceof ConfigError) throw new ConfigError(`SINK_URL: ${error.message}`, { cause: error });
        throw error;
      }
    },
    async check() {
      if (sink === null) return { ok: false, message: problem };
      await sink.vault.all();
      return { ok: true, message: "answers" };
    },
  };
}
