import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How deliveries were answered. */
export interface Answers {
  readonly deliveries: number;
  /** Answers other than 200, by status; 502 stands for none, 499 for one that came after its sender had given up. */
  readonly others: Readonly<Record<number, number>>;
  /** When the deliveries came that were not answered 200, in ms of the machine's clock. */
  readonly failedAtMs: readonly number[];
  readonly slowestMs: number;
}

/** What stands before the ingests, as a load balancer does. */
export interface Balancer {
  readonly url: string;
  /** Of every POST since the last call of `reset`. */
  answers(): Answers;
  reset(): void;
  stop(): Promise<void>;
}

/** Gives each request to the next port in turn, and keeps how each POST was answered and when. */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true });
  let turn = 0;
  const none = () => ({
    deliveries: 0,
    others: {} as Record<number, number>,
    failedAtMs: [] as number[],
    slowestMs: 0,
  });
  let answers = none();

  function record(status: number, startedMs: number): void {
    answers.deliveries += 1;
    answers.slowestMs = Math.max(answers.slowestMs, Date.now() - startedMs);
    if (status === 200) return;
    answers.others[status] = (answers.others[status] ?? 0) + 1;
    answers.failedAtMs.push(startedMs);
  }

  function forward(req: IncomingMessage, res: ServerResponse): void {
    const startedMs = Date.now();
    const { url: path = "/", method = "GET", headers } = req;
    let isAnswered = false;
    const answered = (status: number): void => {
      if (method === "POST" && !isAnswered) record(status, startedMs);
      isAnswered = true;
    };
    const port = ports[turn++ % ports.length];
    const onward = request({ host: "127.0.0.1", port, path, method, headers, agent }, (answer) => {
      const { statusCode = 502 } = answer;
      res.writeHead(statusCode, answer.headers);
      answer.pipe(res).once("finish", () => answered(statusCode));
    });
    onward.once("error", () => {
      answered(502);
      res.writeHead(502).end();
    });
    res.once("close", () => {
      if (isAnswered) return;
      answered(499);
      onward.destroy();
    });
    req.pipe(onward);
  }

  const server = createServer(forward).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers: () => structuredClone(answers),
    reset() {
      answers = none();
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await once(server, "close");
    },
  };
}
