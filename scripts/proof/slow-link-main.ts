// The process of `startSlowLink`: tells its address, is told delays in ms, and ends when it is let go.
import { createFaultProxy } from "../servers/fault-proxy.ts";

const proxy = await createFaultProxy(process.argv[2]!);
process.on("message", (delayMs: number) => proxy.delay(delayMs));
process.once("disconnect", () => process.exit());
process.send!(proxy.url);
