import type { OpenSink, Sink } from "@deskmirror/model";

/** Opens each sink once for the whole process. */
export interface Sinks {
  open: OpenSink;
  /** Whoever asks for this sink's URL from now on gets it opened anew; who uses it already may do so until the end. */
  readonly forget: (sink: Sink) => void;
  close(): Promise<void>;
}

/** Shares the sinks of a process; one that could not be opened is tried anew at the next call. */
export function createSinks(openSink: OpenSink): Sinks {
  const opening = new Map<string, Promise<Sink>>();
  /** What a URL gives now, and every sink that was opened. */
  const current = new Map<string, Sink>();
  const opened = new Set<Sink>();

  async function openNew(url: string): Promise<Sink> {
    try {
      const sink = await openSink(url);
      opened.add(sink);
      current.set(url, sink);
      return sink;
    } catch (error) {
      opening.delete(url);
      throw error;
    }
  }

  return {
    open(url) {
      const known = opening.get(url);
      if (known !== undefined) return known;
      const sink = openNew(url);
      opening.set(url, sink);
      return sink;
    },
    forget(sink) {
      for (const [url, now] of current) {
        if (now !== sink) continue;
        current.delete(url);
        opening.delete(url);
      }
    },
    async close() {
      await Promise.allSettled(opening.values());
      await Promise.all([...opened].map((sink) => sink.close()));
    },
  };
}
