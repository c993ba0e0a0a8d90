import assert from "node:assert/strict";
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { after, test } from "node:test";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { createDeskEmulator } from "@deskmirror/desk-emulator";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
type Command = ChildProcessByStdio<null, Readable, Readable>;

const running: Command[] = [];
after(() => {
  for (const child of running) child.kill("SIGKILL");
});

function run(...options: string[]): Command {
  const child = spawn(process.execPath, [main, ...options], { stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  return child;
}

async function ended(child: Command): Promise<{ status: number | null; out: string; error: string }> {
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { status: child.exitCode, out, error };
}

test("the command prints address, organization, client and a code that works, serves, and ends cleanly on SIGTERM", async () => {
  const child = run("--port", "0", "--tickets", "50", "--org-id", "712345678", "--changes", "20");
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  while (!printed.includes("code  ")) await once(child.stdout, "data");
  const value = (name: string) => new RegExp(`^${name} +(\\S+)$`, "m").exec(printed)?.[1] ?? "";
  assert.equal(value("org id"), "712345678");
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    client_id: value("client id"),
    client_secret: value("client secret"),
    code: value("code"),
  });
  const granted = (await (await fetch(`${value("url")}/oauth/v2/token`, { method: "POST", body })).json()) as {
    access_token: string;
  };
  const headers = { Authorization: `Zoho-oauthtoken ${granted.access_token}`, orgId: "712345678" };
  assert.equal((await fetch(`${value("url")}/api/v1/tickets`, { headers })).status, 200);
  assert.equal((await fetch(`${value("control")}/stats`)).status, 200);
  child.kill("SIGTERM");
  await once(child, "close");
  assert.equal(child.exitCode, 0);
});

test("--help names the client that is there by default, and gets the next code", async () => {
  const { out } = await ended(run("--help"));
  const desk = await createDeskEmulator({ tickets: 1 });
  try {
    assert.ok(out.includes(`--client-id        OAuth client id (${desk.clientId})\n`), out);
    assert.ok(out.includes(`--client-secret    OAuth client secret (${desk.clientSecret})\n`), out);
    const command = /node -e '(.*)'/.exec(out)?.[1]?.replace("http://127.0.0.1:9001", desk.url) ?? "";
    const next = spawn(process.execPath, ["-e", command], { stdio: ["ignore", "pipe", "pipe"] });
    assert.match((await ended(next)).out, /^\{"code":"1000\..+"\}$/m);
  } finally {
    await desk.close();
  }
});

test("--help names every option; a wrong option is answered with status 2 and the help", async () => {
  const help = await ended(run("--help"));
  assert.equal(help.status, 0);
  for (const name of ["port", "tickets", "edition", "latency-ms", "index-lag-ms", "settings"])
    assert.match(help.out, new RegExp(`--${name} `));
  for (const wrong of [
    ["--prot", "1"],
    ["--tickets", "many"],
    ["--edition", "gold"],
    ["--settings", "{"],
    ["--settings", '{"nonsense":1}'],
  ]) {
    const { status, error } = await ended(run(...wrong));
    assert.equal(status, 2, wrong.join(" "));
    assert.match(error, /Usage: desk-emulator/);
  }
});
