import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that systems hand out themselves (Linux from 32768 on), so that no connection takes one before its program listens. */
const [LOWEST, HIGHEST] = [10_000, 32_000];

/** A TCP port of this machine that was free a moment ago, and that nothing takes unasked. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFree(port)) return port;
  }
}

/** Whether nothing listens on a port of an address, every address unless one is named. Throws when it cannot be had for another reason. */
export async function isFree(port: number, host?: string): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host });
    await once(server, "listening");
    server.close();
    await once(server, "close");
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw error;
  }
}
