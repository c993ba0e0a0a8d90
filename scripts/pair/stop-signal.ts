import { once } from "node:events";

/** One press of Ctrl-C comes from the terminal and again from npm; what follows later is a second press. */
const SAME_PRESS_MS = 500;

/** Aborted by Ctrl-C, SIGTERM or a closed terminal. A second Ctrl-C calls `onSecond` and ends this process at once. */
export function stopSignal(onSecond: () => void): AbortSignal {
  const controller = new AbortController();
  let firstMs = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (!controller.signal.aborted) {
        firstMs = performance.now();
        controller.abort();
      } else if (performance.now() - firstMs > SAME_PRESS_MS) {
        onSecond();
        process.exit(130);
      }
    });
  }
  return controller.signal;
}

/** Resolves when the signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}
