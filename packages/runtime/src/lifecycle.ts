import { createReleasers } from "./releasers.ts";

/** From start to end of a process. */
export interface Lifecycle {
  /** Aborted when the process must end: loops stop, nothing new is begun. */
  readonly signal: AbortSignal;
  /** Names what to close at the end: last opened, first closed, so listeners stop before what they feed drains. */
  readonly onStop: (name: string, release: () => Promise<void> | void) => void;
}

/** A lifecycle, and what ends it. */
export interface OwnedLifecycle extends Lifecycle {
  /** Aborts, then closes everything in reverse order; gives the errors. */
  stop(): Promise<readonly Error[]>;
}

/** A lifecycle that nothing has ended yet. */
export function createLifecycle(): OwnedLifecycle {
  const controller = new AbortController();
  const releasers = createReleasers();
  return {
    signal: controller.signal,
    onStop: (name, release) => releasers.add(name, release),
    stop() {
      controller.abort();
      return releasers.release();
    },
  };
}
