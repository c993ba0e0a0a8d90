import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { matchesLock } from "../prepare/install.mjs";
import { redisRoutes } from "../prepare/redis.mjs";
import { packagesWith } from "../prepare/system-packages.mjs";

interface Given {
  readonly env?: Record<string, string>;
  readonly isRoot?: boolean;
  readonly programs?: readonly string[];
  /** Commands that end with 0. */
  readonly succeed?: readonly string[];
}

function machine({ env = {}, isRoot = false, programs = [], succeed = [] }: Given) {
  return {
    env,
    isRoot,
    which: (name: string) => (programs.includes(name) ? `/usr/bin/${name}` : null),
    succeeds: (command: readonly string[]) => succeed.includes(command.join(" ")),
  };
}

const routes: readonly (readonly [title: string, given: Given, routes: readonly string[]])[] = [
  [
    "REDIS_URL goes before everything",
    { env: { REDIS_URL: "redis://r" }, programs: ["redis-server"] },
    ["url redis://r"],
  ],
  [
    "an empty REDIS_URL is none",
    { env: { REDIS_URL: "" }, programs: ["redis-server"] },
    ["program /usr/bin/redis-server"],
  ],
  [
    "redis-server goes before valkey-server",
    { programs: ["valkey-server", "redis-server"] },
    ["program /usr/bin/redis-server"],
  ],
  ["valkey-server will do", { programs: ["valkey-server"] }, ["program /usr/bin/valkey-server"]],
  [
    "a program goes before Docker, Docker before packages",
    { programs: ["redis-server", "docker", "apt-get"], succeed: ["docker info"], isRoot: true },
    ["program /usr/bin/redis-server", "docker redis:7", "apt-get redis-server"],
  ],
  ["Docker without a running engine is passed over", { programs: ["docker"] }, []],
  [
    "REDIS_IMAGE names the image",
    { env: { REDIS_IMAGE: "mirror/redis" }, programs: ["docker"], succeed: ["docker info"] },
    ["docker mirror/redis"],
  ],
  ["without anything there is no way", {}, []],
];

describe("the ways to a Redis", () => {
  for (const [title, given, expected] of routes) {
    test(title, () => {
      const found = [...redisRoutes(machine(given))].map((route) => {
        if (route.kind === "url") return `url ${route.url}`;
        if (route.kind === "program") return `program ${route.path}`;
        return route.kind === "docker" ? `docker ${route.image}` : `${route.manager} ${route.name}`;
      });
      assert.deepEqual(found, expected);
    });
  }

  test("Docker is not asked when a program is there", () => {
    const asked: string[] = [];
    const first = redisRoutes({
      ...machine({ programs: ["redis-server", "docker"] }),
      succeeds: (command: readonly string[]) => asked.push(command.join(" ")) > 0,
    }).next();
    assert.equal(first.value?.kind, "program");
    assert.deepEqual(asked, []);
  });
});

const attempts: readonly (readonly [title: string, given: Given, commands: readonly string[]])[] = [
  [
    "apt-get as root installs, and fetches lists only when that failed",
    { isRoot: true, programs: ["apt-get"] },
    [
      "apt-get install --yes --no-install-recommends redis-server",
      "apt-get update; apt-get install --yes --no-install-recommends redis-server",
    ],
  ],
  ["a user without sudo installs nothing with apt-get", { programs: ["apt-get"] }, []],
  ["a sudo that asks for a password is not used", { programs: ["apt-get", "sudo"] }, []],
  [
    "sudo without password will do",
    { programs: ["dnf", "sudo"], succeed: ["sudo -n true"] },
    ["sudo -n dnf install --assumeyes redis", "sudo -n dnf install --assumeyes valkey"],
  ],
  ["apk as root", { isRoot: true, programs: ["apk"] }, ["apk add --no-cache redis", "apk add --no-cache valkey"]],
  ["brew as a user", { programs: ["brew"] }, ["brew install redis"]],
  ["brew refuses root", { isRoot: true, programs: ["brew"] }, []],
  [
    "a manager that would ask is passed over for one that does not",
    { programs: ["apt-get", "brew"] },
    ["brew install redis"],
  ],
];

describe("the ways to install Redis", () => {
  for (const [title, given, expected] of attempts) {
    test(title, () => {
      const found = packagesWith(machine(given), "redis");
      assert.deepEqual(
        found.flatMap(({ tries }) => tries.map((commands) => commands.map((command) => command.join(" ")).join("; "))),
        expected,
      );
    });
  }

  test("libatomic goes by the name its manager knows", () => {
    const [attempt] = packagesWith(machine({ isRoot: true, programs: ["apt-get"] }), "libatomic");
    assert.equal(attempt?.name, "libatomic1");
  });
});

const linux = { platform: "linux", arch: "x64" };
const native = { version: "1.0.0", optional: true, hasInstallScript: true };
const locks: readonly (readonly [title: string, wanted: object, installed: object, matches: boolean])[] = [
  [
    "the same versions match",
    { "node_modules/a": { version: "1.0.0" } },
    { "node_modules/a": { version: "1.0.0" } },
    true,
  ],
  [
    "another version does not match",
    { "node_modules/a": { version: "1.0.1" } },
    { "node_modules/a": { version: "1.0.0" } },
    false,
  ],
  ["a missing package does not match", { "node_modules/a": { version: "1.0.0" } }, {}, false],
  [
    "the root and the workspaces are no packages",
    { "": { version: "1.0.0" }, "packages/a": { version: "1.0.0" } },
    {},
    true,
  ],
  [
    "a missing workspace link does not match",
    { "node_modules/@d/a": { resolved: "packages/a", link: true } },
    {},
    false,
  ],
  [
    "a link to another folder does not match",
    { "node_modules/@d/a": { resolved: "packages/a", link: true } },
    { "node_modules/@d/a": { resolved: "packages/b", link: true } },
    false,
  ],
  ["an optional package may be missing", { "node_modules/a": { version: "1.0.0", optional: true } }, {}, true],
  [
    "one of another platform may be missing",
    { "node_modules/a": { ...native, os: ["darwin"], cpu: ["x64"] } },
    {},
    true,
  ],
  [
    "one of this platform that failed to build may not",
    { "node_modules/a": { ...native, os: ["linux"], cpu: ["x64"] } },
    {},
    false,
  ],
];

describe("what is installed and the lock", () => {
  for (const [title, wanted, installed, matches] of locks) {
    test(title, () => assert.equal(matchesLock({ ...wanted }, { ...installed }, linux), matches));
  }
});
