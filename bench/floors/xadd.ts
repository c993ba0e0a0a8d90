// The least a server can do that makes a delivery durable: take the body, one XADD, answer.
import { createServer } from "node:http";
import { Redis } from "ioredis";

const redis = new Redis(process.env["REDIS_URL"] ?? "");

const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on("data", (chunk: Buffer) => chunks.push(chunk));
  req.on("end", () => {
    void redis.xadd("bench:floor", "*", "body", Buffer.concat(chunks)).then(() => res.end("ok"));
  });
});
server.listen(Number(process.env["PORT"]), "127.0.0.1", () => console.log("listening"));
