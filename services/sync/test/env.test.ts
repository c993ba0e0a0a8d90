import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "@deskmirror/model";
import { createServiceKey, toServiceUrl } from "@deskmirror/redis";
import { parseEnv, sharedVariables } from "@deskmirror/runtime";
import { variables as own } from "../src/env.ts";

const variables = { ...sharedVariables, ...own };

const SECRET_KEY = Buffer.alloc(32, 7).toString("base64");
const good = { SECRET_KEY, ADMIN_TOKEN: "0f3c9a7be1d24586a0b1c2d3e4f5" };

const bad: readonly [string, string, RegExp][] = [
  ["SECRET_KEY", "", /SECRET_KEY is not set/],
  ["SECRET_KEY", "short", /SECRET_KEY must be 32 bytes in base64/],
  ["SECRET_KEY", Buffer.alloc(31).toString("base64"), /SECRET_KEY must be 32 bytes in base64/],
  ["SECRET_KEY_PREVIOUS", "short", /SECRET_KEY_PREVIOUS must be 32 bytes in base64/],
  ["ADMIN_TOKEN", "", /ADMIN_TOKEN is not set/],
  ["ADMIN_TOKEN", "tooshort", /ADMIN_TOKEN must be at least 24 characters/],
  ["ADMIN_TOKEN", "changeme-changeme-changeme", /ADMIN_TOKEN is a sample value/],
  ["ADMIN_TOKEN", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", /ADMIN_TOKEN is a sample value/],
  ["PUBLIC_URL", "hooks.example.org", /PUBLIC_URL must be a URL/],
  [
    "PUBLIC_URL",
    `https://${"sub.".repeat(15)}example.org`,
    /PUBLIC_URL must be 18 characters shorter, since Zoho takes no service URL longer than 100/,
  ],
  ["SYNC_PORT", "eighty", /SYNC_PORT must be a whole number/],
  ["SYNC_PORT", "70000", /SYNC_PORT must be a whole number from 0 to 65535/],
  ["SINK_URL", "mysql://u:s3cret@h/d", /SINK_URL is refused: the sink URL mysql:\/\/u@h\/d is of no kind we know/],
  [
    "SINK_URL",
    "postgres://u:s3cret@with space@h:99999/d",
    /SINK_URL is refused: the sink URL cannot be read: encode special/,
  ],
  ["SINK_URL", "sqlite:/etc/desk.db", /SINK_URL is refused: \/etc\/desk.db does not lie in DATA_DIR/],
  ["RECONCILE_SECONDS", "1", /RECONCILE_SECONDS must be a whole number from 10/],
  ["COMPARE_SECONDS", "-5", /COMPARE_SECONDS must be a whole number from 10/],
  ["SWEEP_HOURS", "0.5", /SWEEP_HOURS must be a whole number from 1/],
  ["ALLOW_CUSTOM_ENDPOINTS", "yes", /ALLOW_CUSTOM_ENDPOINTS must be true or false/],
];

for (const [name, value, message] of bad) {
  test(`sync refuses to start with ${name}=${value === "" ? "(unset)" : "a bad value"} and says ${message.source}`, () => {
    assert.throws(
      () => parseEnv(variables, { ...good, [name]: value }),
      (error: unknown) =>
        error instanceof ConfigError && message.test(error.message) && !error.message.includes(good.ADMIN_TOKEN),
    );
  });
}

test("all problems are reported together", () => {
  assert.throws(() => parseEnv(variables, {}), /SECRET_KEY is not set[\s\S]*ADMIN_TOKEN is not set/);
});

test("DATA_DIR alone moves the default sink with it", () => {
  assert.equal(parseEnv(variables, { ...good, DATA_DIR: "/var/desk" }).SINK_URL, "sqlite:/var/desk/desk.db");
});

test("the defaults are those of the contract", () => {
  const shared = Object.keys(sharedVariables);
  const env = Object.fromEntries(Object.entries(parseEnv(variables, good)).filter(([name]) => !shared.includes(name)));
  const { SECRET_KEY: _key, ADMIN_TOKEN: _token, ...rest } = env;
  assert.deepEqual(rest, {
    SECRET_KEY_PREVIOUS: null,
    PUBLIC_URL: "http://127.0.0.1:8080",
    SYNC_PORT: 8081,
    SINK_URL: "sqlite:./data/desk.db",
    RECONCILE_SECONDS: 900,
    COMPARE_SECONDS: 21_600,
    SWEEP_HOURS: 168,
    ALLOW_CUSTOM_ENDPOINTS: false,
  });
});

test("A26: PUBLIC_URL may be as long as a service URL of 100 characters lets it, with or without its last slash", () => {
  const longest = `https://${"a".repeat(49)}.org`;
  assert.equal(toServiceUrl(longest, createServiceKey()).length, 100);
  for (const publicUrl of [longest, `${longest}/`]) {
    assert.equal(parseEnv(variables, { ...good, PUBLIC_URL: publicUrl }).PUBLIC_URL, publicUrl);
  }
  assert.throws(() => parseEnv(variables, { ...good, PUBLIC_URL: `${longest}/x` }), /PUBLIC_URL must be 2 characters/);
});
