import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ConfigError } from "@deskmirror/model";
import { choice, flag, integer, parseEnv, port, sharedVariables, text, url } from "@deskmirror/runtime";
import type { Variables } from "@deskmirror/runtime";

const variables = {
  PORT: { meaning: "public listener", schema: port, default: "8080" },
  LIMIT: { meaning: "largest body", schema: integer({ min: 1 }), default: "1024" },
  UNSAFE: { meaning: "for development", schema: flag, default: "false" },
  LEVEL: { meaning: "how much is logged", schema: choice(["info", "debug"]), default: "info" },
  SINK: {
    meaning: "default sink",
    schema: url(["postgres:", "sqlite:"]),
    default: "sqlite:./data/desk.db",
    secret: true,
  },
  KEY: {
    meaning: "seals credentials",
    schema: text.refine((key) => key.length === 4, "must have 4 characters"),
    secret: true,
  },
  DIR: { meaning: "where files live", schema: text, default: "./data" },
  FILE: {
    meaning: "a file there",
    schema: text,
    check: (path, textOf) => (path.startsWith(textOf("DIR")) ? null : `must lie in ${textOf("DIR")}`),
    default: "$DIR/desk.db",
  },
  OLD_KEY: { meaning: "read during rotation", schema: text, secret: true, optional: true },
} as const satisfies Variables;

const problemsOf = (env: Record<string, string>) => {
  try {
    parseEnv(variables, { KEY: "good", ...env });
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return assert.fail("no problem was found");
};

describe("environment", () => {
  test("gives defaults, typed values, and null for what is optional and unset", () => {
    assert.deepEqual(parseEnv(variables, { KEY: " good \n", UNSAFE: "true", PORT: "0", LIMIT: "" }), {
      PORT: 0,
      LIMIT: 1024,
      UNSAFE: true,
      LEVEL: "info",
      SINK: "sqlite:./data/desk.db",
      KEY: "good",
      DIR: "./data",
      FILE: "./data/desk.db",
      OLD_KEY: null,
    });
  });

  test("a default follows the variable it names, read from a file too", () => {
    assert.equal(parseEnv(variables, { KEY: "good", DIR: "/var/desk" }).FILE, "/var/desk/desk.db");
    const file = join(mkdtempSync(join(tmpdir(), "deskmirror-env-")), "dir");
    writeFileSync(file, "/srv/desk\n");
    assert.equal(parseEnv(variables, { KEY: "good", DIR_FILE: file }).FILE, "/srv/desk/desk.db");
  });

  test("a problem of a variable that others look at is told once", () => {
    const message = problemsOf({ DIR: "/a", DIR_FILE: "/b" });
    assert.equal(message.split("DIR and DIR_FILE").length, 2);
  });

  test("reads a value from the file that NAME_FILE names, trimmed", () => {
    const file = join(mkdtempSync(join(tmpdir(), "deskmirror-env-")), "key");
    writeFileSync(file, "1234\n");
    assert.equal(parseEnv(variables, { KEY_FILE: file }).KEY, "1234");
  });

  const bad: readonly (readonly [name: string, value: string, problem: RegExp])[] = [
    ["PORT", "65536", /PORT must be a whole number from 0 to 65535; it is "65536"/],
    ["PORT", "-1", /PORT must be a whole number from 0/],
    ["PORT", "8e3", /PORT must be a whole number from 0/],
    ["LIMIT", "0", /LIMIT must be a whole number from 1; it is "0"/],
    ["LIMIT", "1.5", /LIMIT must be a whole number from 1/],
    ["LIMIT", "99999999999999999999", /LIMIT must be a whole number from 1/],
    ["UNSAFE", "yes", /UNSAFE must be true or false; it is "yes"/],
    ["LEVEL", "loud", /LEVEL must be one of info, debug; it is "loud"/],
    ["SINK", "desk.db", /SINK must be a URL that starts with postgres: or sqlite:$/m],
    ["SINK", "mysql://x", /SINK must be a URL that starts with postgres: or sqlite:$/m],
    ["FILE", "/etc/desk.db", /FILE must lie in \.\/data; it is "\/etc\/desk.db"/],
    ["KEY", "short", /KEY must have 4 characters$/m],
    ["KEY_FILE", "/nowhere", /KEY and KEY_FILE are both set; unset one of them/],
    ["OLD_KEY_FILE", "/nowhere", /OLD_KEY_FILE names a file that cannot be read \(ENOENT\): \/nowhere/],
  ];
  for (const [name, value, problem] of bad) {
    test(`${name}=${value} is refused by name`, () => assert.match(problemsOf({ [name]: value }), problem));
  }

  test("a required variable that is unset says what it is for", () => {
    assert.match(problemsOf({ KEY: "" }), /KEY is not set; set it \(or KEY_FILE\): seals credentials/);
  });

  test("all problems are reported together, and no secret among them", () => {
    const message = problemsOf({ KEY: "not four", LIMIT: "x", UNSAFE: "1", SINK: "http://user:pa55@host" });
    for (const name of ["KEY", "LIMIT", "UNSAFE", "SINK"]) assert.match(message, new RegExp(`^ {2}${name} `, "m"));
    assert.doesNotMatch(message, /not four|pa55/);
  });

  test("the variables both services read have defaults", () => {
    assert.deepEqual(parseEnv(sharedVariables, {}), {
      REDIS_URL: "redis://127.0.0.1:6379",
      ALLOW_UNSAFE_REDIS: false,
      DATA_DIR: "./data",
      BIND_HOST: "127.0.0.1",
      LOG_LEVEL: "info",
    });
  });
});
