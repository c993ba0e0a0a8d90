import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { TransientError } from "@deskmirror/model";
import type { JsonObject } from "@deskmirror/model";
import { SignJWT } from "jose";
import { testDataSource } from "@deskmirror/testing";
import { createSignatureCheck } from "../src/jwks.ts";
import { verify } from "../src/signature.ts";

const nowMs = Date.UTC(2026, 2, 1, 9);
const seconds = nowMs / 1000;
const right = { iss: "orgId:700", aud: "webhookId:41", iat: seconds, exp: seconds + 300 };
const expected = { orgId: "700", webhookId: "41", nowMs };

function newKey(kid: string) {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { kid, privateKey, jwk: { ...publicKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" } };
}
const key = newKey("k1");
const other = newKey("k1");
const jwks = { keys: [key.jwk] } as unknown as JsonObject;

function sign(claims: object, { privateKey, kid } = key): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: "RS256", kid }).sign(privateKey);
}

const claims: readonly [string, object, "valid" | "invalid"][] = [
  ["seconds", right, "valid"],
  ["milliseconds", { ...right, iat: nowMs, exp: nowMs + 300_000 }, "valid"],
  ["several audiences", { ...right, aud: ["webhookId:1", "webhookId:41"] }, "valid"],
  ["no iat", { ...right, iat: undefined }, "valid"],
  ["another organization", { ...right, iss: "orgId:701" }, "invalid"],
  ["another webhook", { ...right, aud: "webhookId:42" }, "invalid"],
  ["no issuer", { ...right, iss: undefined }, "invalid"],
  ["an end in the past, seconds", { ...right, exp: seconds - 61 }, "invalid"],
  ["an end in the past, milliseconds", { ...right, exp: nowMs - 61_000 }, "invalid"],
  ["an end within the tolerance of clocks", { ...right, exp: seconds - 59 }, "valid"],
  ["no end", { ...right, exp: undefined }, "invalid"],
  ["an end that is text", { ...right, exp: "tomorrow" }, "invalid"],
  ["a start in the future", { ...right, iat: seconds + 61 }, "invalid"],
];
for (const [what, given, verdict] of claims) {
  test(`a token with ${what} is ${verdict}`, async () => {
    assert.equal(await verify(await sign(given), jwks, expected), verdict);
  });
}

test("the audience is not judged while the webhook's id is unknown", async () => {
  assert.equal(
    await verify(await sign({ ...right, aud: "webhookId:9" }), jwks, { ...expected, webhookId: null }),
    "valid",
  );
});

test("a wrong signature, another algorithm and no token at all are invalid", async () => {
  assert.equal(await verify(await sign(right, other), jwks, expected), "invalid");
  const secret = new TextEncoder().encode(key.jwk.n!.slice(0, 64));
  const hs256 = await new SignJWT({ ...right }).setProtectedHeader({ alg: "HS256", kid: "k1" }).sign(secret);
  const none = `${Buffer.from('{"alg":"none","kid":"k1"}').toString("base64url")}.${hs256.split(".")[1]}.`;
  for (const token of [hs256, none, "", "a.b.c", "x"]) assert.equal(await verify(token, jwks, expected), "invalid");
});

test("a key that is not at hand is unknown, not wrong", async () => {
  const token = await sign(right, newKey("k2"));
  for (const keys of [jwks, {}, { keys: [] }, null, "x"])
    assert.equal(await verify(token, keys, expected), "unknown-kid");
});

test("keys are fetched anew for an unknown kid, and only keys newer than the delivery condemn it", async () => {
  let clockMs = nowMs;
  let published: JsonObject = jwks;
  let fetches = 0;
  const check = createSignatureCheck(
    { ...testDataSource(), orgId: "700", webhookId: "41" },
    () => clockMs,
    async () => {
      fetches += 1;
      return published;
    },
  );
  assert.equal(await check(await sign(right), nowMs), true);
  const next = newKey("k2");
  const rotated = await sign(right, next);
  clockMs += 1_000;
  await assert.rejects(
    check(rotated, clockMs),
    (error: unknown) => error instanceof TransientError && error.retryAfterMs === 9_000,
  );
  clockMs += 9_000;
  published = { keys: [key.jwk, next.jwk] } as unknown as JsonObject;
  assert.equal(await check(rotated, clockMs), true);
  assert.equal(await check(await sign(right, newKey("forged")), nowMs), false);
  assert.equal(fetches, 2);
});

test("what no key can make right is wrong without keys", async () => {
  const check = createSignatureCheck(testDataSource(), () => nowMs, fail);
  for (const token of ["", "x", "a.b.c"]) assert.equal(await check(token, nowMs), false);
});

test("keys that cannot be had say when to ask again, and are not asked for before", async () => {
  let clockMs = nowMs;
  let fetches = 0;
  const check = createSignatureCheck(
    testDataSource(),
    () => clockMs,
    async () => {
      fetches += 1;
      return fail();
    },
  );
  const token = await sign(right);
  const waits = (retryAfterMs: number) => (error: unknown) =>
    error instanceof TransientError && error.retryAfterMs === retryAfterMs;
  await assert.rejects(check(token, nowMs), waits(10_000));
  clockMs += 4_000;
  await assert.rejects(check(token, nowMs), waits(6_000));
  assert.equal(fetches, 1);
});

test("a delivery from a clock ahead of ours is judged by the first keys fetched after it was asked about", async () => {
  const check = createSignatureCheck(
    testDataSource(),
    () => nowMs,
    async () => jwks,
  );
  assert.equal(await check(await sign(right, newKey("forged")), nowMs + 60_000), false);
});

async function fail(): Promise<never> {
  throw new TransientError("no route to Zoho");
}
