import type { Time } from "@deskmirror/runtime";
import type { Line } from "./forms.ts";

/** One run of a process. It may die or freeze at any of its awaits: from its death on, nothing it waits for ever comes. */
export interface Life {
  readonly isDead: boolean;
  /** Dies at the so-manieth await from now on, before or after the thing it waits for is done. */
  dieAfter(awaits: number): void;
  /** Dies now. */
  die(): void;
  /** Takes back what `dieAfter` said. */
  spare(): void;
  /** Stands still until this time. */
  freezeUntil(ms: number): void;
  /** The same port; its promises come to this process only while it lives. */
  guard<Port extends object>(port: Port): Port;
  /** The process's own time, off by `skewMs`. */
  readonly time: Time;
}

type Call = (...args: readonly unknown[]) => unknown;

/** Begins a process on the time of its machine; its line stands still and ends with it. */
export function createLife(time: Time, { skewMs, line }: { readonly skewMs: number; readonly line: Line }): Life {
  let isDead = false;
  let left = Infinity;
  let thawMs = 0;

  function die(): void {
    if (isDead) return;
    isDead = true;
    line.cut();
  }

  /** Passes one await; a dead process never comes back from it. */
  function step(): Promise<never> | null {
    left -= 1;
    if (left <= 0) die();
    return isDead ? new Promise(() => {}) : null;
  }

  async function arrive<T>(value: T): Promise<T> {
    while (thawMs > time.now()) await time.sleep(thawMs - time.now());
    return step() ?? value;
  }

  function wrap(call: Call, target: unknown): Call {
    return (...args) => {
      if (isDead) return new Promise(() => {});
      const result = call.apply(target, args as unknown[]);
      if (!(result instanceof Promise)) return result;
      return result.then(arrive, (error: unknown) => arrive(null).then(() => Promise.reject(error as Error)));
    };
  }

  function guard<Port extends object>(port: Port): Port {
    if (typeof port === "function") return wrap(port, undefined) as unknown as Port;
    const wrapped = new Map<string | symbol, unknown>();
    return new Proxy(port, {
      get(target, name) {
        let value = wrapped.get(name);
        if (value === undefined) {
          const own: unknown = Reflect.get(target, name);
          if (typeof own === "function") value = wrap(own as Call, target);
          else if (typeof own === "object" && own !== null) value = guard(own);
          else return own;
          wrapped.set(name, value);
        }
        return value;
      },
    });
  }

  return {
    get isDead() {
      return isDead;
    },
    die,
    dieAfter: (awaits) => void (left = Math.min(left, awaits)),
    spare: () => void (left = Infinity),
    freezeUntil(ms) {
      thawMs = Math.max(thawMs, ms);
      line.freeze();
      void time.sleep(ms - time.now()).then(() => {
        if (!isDead && thawMs <= time.now()) line.restore();
      });
    },
    guard,
    time: {
      now: () => time.now() + skewMs,
      sleep: async (ms, signal) => arrive(await time.sleep(ms, signal)),
    },
  };
}
