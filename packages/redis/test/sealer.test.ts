import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { createSealer } from "../src/sealer.ts";
import { createServiceKey, hashServiceKey } from "../src/service-key.ts";

const key = randomBytes(32).toString("base64");
const other = randomBytes(32).toString("base64");

test("whatever is sealed opens again, and never the same twice", () => {
  const sealer = createSealer({ key });
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const sealed = sealer.seal(text);
      assert.equal(sealer.open(sealed), text);
      assert.notEqual(sealer.seal(text), sealed);
      assert.ok(text.length < 4 || !sealed.includes(text));
    }),
  );
});

test("a sealed text that was changed anywhere does not open", () => {
  const sealer = createSealer({ key });
  const sealed = sealer.seal("refresh token");
  for (let index = 0; index < sealed.length; index++) {
    const replacement = sealed[index] === "A" ? "B" : "A";
    const changed = sealed.slice(0, index) + replacement + sealed.slice(index + 1);
    // The last character may hold bits that mean nothing.
    if (Buffer.from(changed, "base64url").equals(Buffer.from(sealed, "base64url"))) continue;
    assert.throws(() => sealer.open(changed), { name: "ConfigError" }, `changed at ${index}`);
  }
  for (const broken of ["", "v1", "v1.x", sealed.slice(0, 30), "v2" + sealed.slice(2)]) {
    assert.throws(() => sealer.open(broken), { name: "ConfigError" });
  }
});

test("during rotation the previous key opens, and what it sealed is to be sealed anew", () => {
  const old = createSealer({ key: other });
  const rotated = createSealer({ key, previousKey: other });
  const sealed = old.seal("secret");
  assert.equal(rotated.open(sealed), "secret");
  assert.equal(rotated.needsReseal(sealed), true);
  const again = rotated.seal(rotated.open(sealed));
  assert.equal(rotated.needsReseal(again), false);
  assert.equal(createSealer({ key }).open(again), "secret");
});

test("a secret that opens with no key says which setting mends it, and not the secret", () => {
  const sealed = createSealer({ key: other }).seal("secret");
  assert.throws(() => createSealer({ key }).open(sealed), { name: "ConfigError", message: /SECRET_KEY_PREVIOUS/ });
});

test("a key that is not 32 bytes is refused by name", () => {
  assert.throws(() => createSealer({ key: "short" }), { name: "ConfigError", message: /^SECRET_KEY must be 32 bytes/ });
  assert.throws(() => createSealer({ key, previousKey: "" }), { message: /^SECRET_KEY_PREVIOUS must be 32 bytes/ });
});

test("service keys are URL-safe, hold 192 random bits and never repeat", () => {
  const keys = new Set(Array.from({ length: 10_000 }, createServiceKey));
  assert.equal(keys.size, 10_000);
  for (const each of keys) assert.match(each, /^[A-Za-z0-9_-]{32}$/);
  assert.equal(hashServiceKey("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
