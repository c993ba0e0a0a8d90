import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, test } from "node:test";
import { ConfigError } from "@deskmirror/model";
import { assertAllowedHost, openSink, redactSinkUrl, sinkUrlProblem, sourceNameProblem } from "@deskmirror/sinks";

const dataDir = await mkdtemp(join(tmpdir(), "deskmirror-open-"));
after(() => rm(dataDir, { recursive: true }));

for (const url of [
  "",
  "mysql://u:s3cret@h/d",
  "desk.db",
  "postgres:/one-slash",
  "postgres://u:s3cret@with space@h:99999/d",
  "postgres://u:s3cret@169.254.169.254/d",
  "postgres://u:s3cret@169.254.170.2:80/d",
  "postgres://u:s3cret@2852039166/d",
  "postgres://u:s3cret@[fd00:ec2::254]/d",
  "postgres://u:s3cret@[::ffff:169.254.169.254]/d",
  "postgres://u:s3cret@metadata.google.internal/d",
  "postgresql://u:s3cret@METADATA.google.internal./d",
  "postgres://u:s3cret@localhost/d?host=169.254.169.254",
  "postgres://u:s3cret@100.100.100.200/d",
  "postgres://u:s3cret@h/d?sslrootcert=/nowhere.pem",
  "sqlite:",
  "sqlite::memory:",
  "sqlite:/etc/desk.db",
  `sqlite:${dataDir}`,
  `sqlite:${dataDir}/../desk.db`,
  `sqlite:${dataDir}/desk.db?mode=ro`,
  `sqlite:${dataDir}/desk.db#x`,
  `sqlite:${dataDir}-other/desk.db`,
]) {
  test(`the sink URL "${url.replace(dataDir, "DATA_DIR")}" is refused without its password`, async () => {
    await assert.rejects(openSink(url, { dataDir }), (error) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.ok(!error.message.includes("s3cret"));
      return true;
    });
  });
}

test("a link that leads out of DATA_DIR is refused", async () => {
  const outside = await mkdtemp(join(tmpdir(), "deskmirror-outside-"));
  await symlink(outside, join(dataDir, "link"));
  await assert.rejects(openSink(`sqlite:${dataDir}/link/desk.db`, { dataDir }), /DATA_DIR/);
  await rm(outside, { recursive: true });
});

for (const [url, problem] of [
  ["mysql://u:s3cret@h/d", /of no kind we know: use postgres:\/\/… or sqlite:/],
  ["postgres://u:s3cret@with space@h:99999/d", /cannot be read: encode special characters/],
  ["sqlite:/etc/desk.db", /\/etc\/desk.db does not lie in DATA_DIR: use a file in/],
  ["postgres://u:s3cret@nowhere.invalid/d", null],
  [`sqlite:${dataDir}/new/desk.db`, null],
] as const) {
  test(`the text of "${url.replace(dataDir, "DATA_DIR")}" alone tells whether it is refused`, () => {
    const found = sinkUrlProblem(url, { dataDir });
    if (problem === null) assert.equal(found, null);
    else assert.match(found ?? "", problem);
    assert.ok(!found?.includes("s3cret"));
  });
}

test("a folder that cannot be made is a mistake in the settings", async () => {
  await assert.rejects(openSink("sqlite:/dev/null/desk.db", { dataDir: "/dev/null" }), (error) => {
    assert.ok(error instanceof ConfigError, String(error));
    assert.match(error.message, /\/dev\/null cannot be made .*DATA_DIR/);
    return true;
  });
});

test("a folder in place of a file is a mistake in the settings, which a file in it mends", async () => {
  await mkdir(join(dataDir, "folder"));
  const url = `sqlite:${dataDir}/folder`;
  await assert.rejects(openSink(url, { dataDir }), (error) => {
    assert.ok(error instanceof ConfigError, String(error));
    assert.match(error.message, /folder is a folder: name a file, such as sqlite:.*folder\/desk\.db$/);
    return true;
  });
  const sink = await openSink(`${url}/desk.db`, { dataDir });
  await sink.close();
});

for (const host of ["169.254.169.254", "metadata.google.internal.", "[fd00:ec2::254]", "2852039166", "0xa9fea9fe"]) {
  test(`the host ${host} serves metadata and is refused`, async () => {
    await assert.rejects(assertAllowedHost(host), ConfigError);
  });
}

test("a host that does not resolve is out of reach, not refused, and is said with what to check", async () => {
  await assert.rejects(openSink("postgres://u:p@nowhere.invalid/d", { dataDir }), {
    name: "TransientError",
    message: /^the host nowhere\.invalid was not found \((ENOTFOUND|EAI_AGAIN)\): check its spelling/,
  });
});

test("an SQLite file is found by absolute and relative path and made with its folder", async () => {
  const file = join(dataDir, "a", "b", "desk.db");
  const urls = [`sqlite:${file}`, `sqlite://${file}`, `sqlite:${relative(process.cwd(), file)}`];
  const identities = new Set<string>();
  for (const url of urls) {
    const sink = await openSink(url, { dataDir: relative(process.cwd(), dataDir) });
    identities.add(sink.identity);
    await sink.close();
  }
  assert.equal(identities.size, 1);
});

test("a sink URL is shown without password and query", () => {
  const shown = [
    ["postgres://u:s3cret@h:5432/d?sslmode=require&password=s3cret", "postgres://u@h:5432/d"],
    ["postgresql://h/d", "postgresql://h/d"],
    ["sqlite:./data/desk.db?key=s3cret", "sqlite:./data/desk.db"],
    ["postgres://u:s3cret@h:port/d", "postgres:…"],
    ["s3cret", "…"],
  ] as const;
  for (const [url, expected] of shown) assert.equal(redactSinkUrl(url), expected);
});

test("a source's name must be fit for a schema", () => {
  assert.equal(sourceNameProblem("acme_2"), null);
  assert.equal(sourceNameProblem("a".repeat(31)), null);
  assert.match(sourceNameProblem("Acme") ?? "", /small letter/);
  assert.match(sourceNameProblem("pg_acme") ?? "", /databases keep/);
});
