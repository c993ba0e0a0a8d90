import { fork } from "node:child_process";
import { once } from "node:events";

/** What stands before a server and can delay all that passes. */
export interface SlowLink {
  /** The server's URL with the link's own address. */
  readonly url: string;
  /** Delays each chunk in each direction; 0: nothing. */
  delay(ms: number): void;
  close(): Promise<void>;
}

/** Stands before a server on 127.0.0.1, as a process of its own: whatever this one is busy with delays nothing. */
export async function startSlowLink(targetUrl: string): Promise<SlowLink> {
  const child = fork(new URL("slow-link-main.ts", import.meta.url), [targetUrl], { detached: true });
  const [url] = (await once(child, "message")) as [string];
  return {
    url,
    delay: (ms) => void child.send(ms),
    async close() {
      child.disconnect();
      await once(child, "exit");
    },
  };
}
