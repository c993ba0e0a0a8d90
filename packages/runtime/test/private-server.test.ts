import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { createPrivateServer, listen } from "@deskmirror/runtime";

/** Writes a text over a connection of its own; gives status and body of what came back before it was closed. */
async function sendRaw(port: number, text: string): Promise<{ readonly status: string; readonly body: unknown }> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk.toString()));
  socket.write(text);
  await once(socket, "close");
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  return { status: head.split("\r\n", 1)[0] ?? "", body: JSON.parse(body) };
}

const place = { port: 0, host: "127.0.0.1", variables: "none" };

test("what is no HTTP, or has too many headers, is refused with an error that says what to do", async () => {
  const listener = await listen(
    createPrivateServer((_req, res) => res.end()),
    place,
  );
  const error = {
    code: "MALFORMED",
    message: "This is no HTTP request.",
    hint: "Send HTTP/1.1, with less than 16 KiB of headers.",
  };
  for (const text of ["hello\r\n\r\n", `GET / HTTP/1.1\r\nHost: h\r\nX-A: ${"x".repeat(20_000)}\r\n\r\n`]) {
    assert.deepEqual(await sendRaw(listener.port, text), { status: "HTTP/1.1 400 Bad Request", body: { error } });
  }
  await listener.close();
});

test("a request that does not come whole within 10 s is refused with an error too", async () => {
  const listener = await listen(
    createPrivateServer((_req, res) => res.end()),
    place,
  );
  const { status, body } = await sendRaw(listener.port, "GET / HTTP/1.1\r\nHost: h\r\n");
  assert.equal(status, "HTTP/1.1 408 Request Timeout");
  assert.deepEqual(body, {
    error: { code: "TOO_SLOW", message: "The request did not come whole within 10 seconds.", hint: "Send it again." },
  });
  await listener.close();
});
