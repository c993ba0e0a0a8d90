import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runCli } from "./support/run-cli.ts";

/** Every command of contract section 5. */
const commands = [
  ...["add", "list", "show", "set", "copy", "rotate-url", "remove"].map((verb) => `source ${verb}`),
  "authorize",
  "test",
  "webhook register",
  "webhook remove",
  "plan",
  "pull",
  "reconcile",
  "pause",
  "resume",
  "status",
  "verify",
  ...["list", "show", "replay", "discard"].map((verb) => `dead-letters ${verb}`),
  ...["list", "confirm", "refuse"].map((verb) => `deletes ${verb}`),
  "doctor",
];

describe("every command of the contract has --help and --json", () => {
  for (const command of commands) {
    test(command, async () => {
      const { code, out, err } = await runCli([...command.split(" "), "--help"]);
      assert.equal(code, 0, err);
      assert.ok(out.startsWith(`Usage: deskmirror ${command} `), out);
      assert.match(out, /--json/);
    });
  }
});

test("the help of all names every command, the settings and the exit codes", async () => {
  const { code, out } = await runCli(["--help"]);
  assert.equal(code, 0);
  const words = new Set(commands.map((command) => command.split(" ")[0]!));
  for (const word of [...words, "DESKMIRROR_URL", "ADMIN_TOKEN", "Exit codes"]) assert.ok(out.includes(word), word);
});

test("options of the contract are there: pull --wait, status --watch, remove --yes, add --client-secret", async () => {
  for (const [command, option] of [
    ["pull", "--wait"],
    ["status", "--watch"],
    ["source remove", "--yes"],
    ["source add", "--client-secret"],
  ] as const) {
    assert.match((await runCli([...command.split(" "), "--help"])).out, new RegExp(option));
  }
});

/** What is wrong, the command line, and what is said. */
const wrong: readonly (readonly [title: string, argv: string, said: RegExp])[] = [
  ["no command", "", /Usage: deskmirror/],
  ["an unknown command", "frobnicate", /unknown command 'frobnicate'/],
  ["a group without a command", "source", /Usage: deskmirror source/],
  ["an unknown command of a group", "dead-letters burn", /unknown command 'burn'/],
  ["an unknown option", "status --frob", /unknown option '--frob'/],
  ["a missing argument", "pull", /missing required argument 'source'/],
  ["one argument too many", "pause a b", /too many arguments/],
  ["a missing required option", "source add a", /required option '--org-id/],
  ["an unknown mode", "source set a --mode xml", /Allowed choices are document, csv/],
  ["an unknown signature rule", "source set a --signature maybe", /Allowed choices are require, verify, off/],
  ["an unknown data centre", "source add a --org-id 1 --client-id c --data-center mars", /Allowed choices are com, eu/],
  ["a number that is none", "verify a --sample many", /must be a number/],
  ["a negative number", "source set a --reserve -1", /must be a number/],
  ["an empty name of a table", "pull a --tables tickets,,contacts", /separated by one comma/],
  ["nothing to set", "source set a", /nothing to set/],
  ["no client secret and nobody to ask", "source add a --org-id 1 --client-id c", /the client secret is missing/],
  ["no code and nobody to ask", "authorize a", /the generated code is missing/],
  ["a secret twice", "authorize a --code x --code-file y", /--code and --code-file are both given/],
  ["a secret's file that is not there", "authorize a --code-file /nonexistent/x", /cannot be read: \/nonexistent\/x/],
  [
    "two secrets from one stdin",
    "source add a --org-id 1 --client-id c --client-secret - --code -",
    /only one of --client-secret, --code and --sink-url/,
  ],
  ["a removal that nobody can confirm", "source remove a", /add --yes to remove a/],
  ["a replay of nothing", "dead-letters replay", /name one id, or select/],
  ["a replay of one and of all", "dead-letters replay a.b --all", /name one id, or select/],
  ["a dry run of one", "dead-letters replay a.b --dry-run", /--dry-run goes with a selection/],
];

describe("wrong usage ends with 2, and says on stderr what is wrong:", () => {
  for (const [title, argv, said] of wrong) {
    test(title, async () => {
      const { code, out, err } = await runCli(argv === "" ? [] : argv.split(" "));
      assert.equal(code, 2);
      assert.equal(out, "");
      assert.match(err, said);
    });
  }
});
