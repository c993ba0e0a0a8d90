import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

/** Sends to callbacks over kept-alive connections. */
export interface Poster {
  /** HTTP status of the answer; null when none came before the deadline. */
  send(call: {
    method: "GET" | "POST";
    url: string;
    body?: string;
    jwt?: string | null;
    deadlineMs: number;
  }): Promise<number | null>;
  close(): void;
}

/** A poster with its own connections. */
export function createPoster(): Poster {
  const agents = {
    "http:": new HttpAgent({ keepAlive: true, maxSockets: 64 }),
    "https:": new HttpsAgent({ keepAlive: true, maxSockets: 64 }),
  };
  return {
    send({ method, url, body, jwt = null, deadlineMs }) {
      const { protocol } = new URL(url);
      const isSecure = protocol === "https:";
      const headers: Record<string, string | number> = { "User-Agent": "ZohoDesk" };
      if (body !== undefined) headers["Content-Type"] = "application/json";
      if (body !== undefined) headers["Content-Length"] = Buffer.byteLength(body);
      if (jwt !== null) headers["X-ZDesk-JWT"] = jwt;
      return new Promise((resolve) => {
        const open = isSecure ? httpsRequest : httpRequest;
        const request = open(url, { method, headers, agent: agents[isSecure ? "https:" : "http:"] }, (response) => {
          response.resume();
          response.once("end", () => settle(response.statusCode ?? null));
          response.once("error", () => settle(null));
        });
        const deadline = setTimeout(() => settle(null), deadlineMs);
        function settle(status: number | null): void {
          clearTimeout(deadline);
          if (status === null) request.destroy();
          resolve(status);
        }
        request.once("error", () => settle(null));
        request.end(body);
      });
    },
    close() {
      agents["http:"].destroy();
      agents["https:"].destroy();
    },
  };
}
