import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createLog } from "@deskmirror/runtime";

function logged(fields: object, message = "something happened"): string {
  const lines: string[] = [];
  const log = createLog({ service: "ingest", level: "info", to: { write: (line) => void lines.push(line) } });
  log.info(fields, message);
  assert.equal(lines.length, 1);
  const line = lines[0]!;
  JSON.parse(line);
  return line;
}

const SECRET = "Zm9v-bar_9";
const zoho = `1000.${"0123456789abcdef".repeat(2)}.${"fedcba9876543210".repeat(2)}`;

describe("log (I11: no secret in a log)", () => {
  test("is one JSON line with time, level, service, fields and a fixed message", () => {
    const { time, ...rest } = JSON.parse(logged({ source: "acme", key: "410000000101001" }));
    assert.match(time, /^\d{4}-\d\d-\d\dT/);
    assert.deepEqual(rest, {
      level: "info",
      service: "ingest",
      source: "acme",
      key: "410000000101001",
      msg: "something happened",
    });
  });

  const withSecrets: readonly (readonly [what: string, fields: object, message?: string])[] = [
    ["a token", { token: SECRET }],
    ["an access token deep inside", { answer: { data: [{ access_token: SECRET }] } }],
    ["an authorization header", { headers: { Authorization: `Zoho-oauthtoken ${SECRET}` } }],
    ["a list of cookies", { headers: { "set-cookie": [SECRET] } }],
    ["a client secret", { clientSecret: SECRET }],
    ["a password with quotes and backslashes", { password: `"\\"${SECRET}` }],
    ["credentials in a URL", { url: `redis://user:${SECRET}@host:6379/0` }],
    ["a password alone in a URL", { url: `redis://:${SECRET}@host` }],
    ["a service key in a path", { path: `/hooks/${SECRET}?module=tickets` }],
    ["a service key by name", { serviceKey: SECRET }],
    ["a service key in an error", { err: new Error(`POST http://host/hooks/${SECRET} gave 500`) }],
    ["a code in a query", {}, `GET https://accounts/oauth/v2/token?code=${SECRET}&x=1 failed`],
    ["a bearer token in a message", {}, `sent Bearer ${SECRET} to it`],
    ["a bearer token of letters", {}, "sent Bearer qwertyuiopasdfghjklzxcvb to it"],
    ["a bearer token that begins like a word", { sent: `Bearer token.${SECRET}` }],
    ["a bearer token in capitals", {}, `Bearer ${SECRET.toUpperCase()}`],
    ["basic credentials", { header: `basic ${Buffer.from(`u:${SECRET}`).toString("base64")}` }],
    ["JSON in a message", {}, JSON.stringify({ refresh_token: SECRET, expires_in: 3600 })],
    ["an error's own fields", { err: Object.assign(new Error("no"), { config: { secret: SECRET } }) }],
  ];
  for (const [what, fields, message] of withSecrets) {
    test(`${what} is taken out`, () => {
      const line = logged(fields, message);
      assert.match(line, /\[redacted\]/);
      for (const secret of [SECRET, SECRET.toUpperCase(), "qwerty"]) assert.ok(!line.includes(secret));
    });
  }

  test("Zoho's tokens and JWTs are taken out wherever they stand", () => {
    const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJvcmdJZDoxIn0.c2lnbmF0dXJl";
    const line = logged({ note: `${zoho} and ${jwt}` });
    assert.match(line, /"note":"\[redacted\] and \[redacted\]"/);
  });

  for (const words of [
    "bearer token of admin API",
    "no Bearer token.",
    "the bearer token, again",
    "Basic authorization",
  ]) {
    test(`"${words}" is words of ours and stays`, () => assert.equal(JSON.parse(logged({}, words)).msg, words));
  }

  test("what is no secret stays", () => {
    const line = logged({ url: "http://host:80/api/v1/tickets?from=1", tokens: 3, key: "410", email: "a@b.example" });
    assert.match(
      line,
      /"url":"http:\/\/host:80\/api\/v1\/tickets\?from=1","tokens":3,"key":"410","email":"a@b.example"/,
    );
  });
});
