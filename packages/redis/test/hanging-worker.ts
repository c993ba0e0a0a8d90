import { connectRedis } from "../src/connection.ts";
import { createDeliveryWorker } from "../src/delivery-worker.ts";

/** A process whose worker takes a group, says so and never ends it: to be killed. Arguments: URL of Redis, source. */
const [url = "", source = ""] = process.argv.slice(2);
const apply = () => {
  process.stdout.write("begun\n");
  return new Promise<never>(() => {});
};
createDeliveryWorker({ connection: connectRedis({ url, role: "sync" }), source, apply, log: () => {} }).start();
