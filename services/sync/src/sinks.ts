import type { OpenSink, Sink } from "@deskmirror/model";

/** Opens each sink once for the whole process. */
export interface Sinks {
  open: OpenSink;
  close(): Promise<void>;
}

/** Shares the sinks of a process; one that could not be opened is tried anew at the next call. */
export function createSinks(openSink: OpenSink): Sinks {
  const sinks = new Map<string, Promise<Sink>>();
  return {
    open(url) {
      const known = sinks.get(url);
      if (known !== undefined) return known;
      const opening = openSink(url);
      sinks.set(url, opening);
      opening.catch(() => sinks.delete(url));
      return opening;
    },
    async close() {
      const open = await Promise.allSettled(sinks.values());
      await Promise.all(open.flatMap((result) => (result.status === "fulfilled" ? [result.value.close()] : [])));
    },
  };
}
