import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How deliveries were answered. */
export interface Answers {
  readonly deliveries: number;
  /** Answers other than 200, by status; 502 stands for none. */
  readonly others: Readonly<Record<number, number>>;
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
  let answers = { deliveries: 0, others: {} as Record<number, number>, slowestMs: 0 };

  function record(status: number, startedMs: number): void {
    answers.deliveries += 1;
    answers.slowestMs = Math.max(answers.slowestMs, performance.now() - startedMs);
    if (status !== 200) answers.others[status] = (answers.others[status] ?? 0) + 1;
  }

  function forward(req: IncomingMessage, res: ServerResponse): void {
    const startedMs = performance.now();
    const { url: path = "/", method = "GET", headers } = req;
    const answered = (status: number): void => {
      if (method === "POST") record(status, startedMs);
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
    req.pipe(onward);
  }

  const server = createServer(forward).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers: () => structuredClone(answers),
    reset() {
      answers = { deliveries: 0, others: {}, slowestMs: 0 };
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await once(server, "close");
    },
  };
}
