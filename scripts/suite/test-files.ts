import { globSync } from "node:fs";

const patterns = ["{packages,services}/*/test/**/*.test.ts", "scripts/test/**/*.test.ts"];

/** The test files of the repository, those that need Docker aside; under one of `paths` only, when given. Sorted. */
export function findTestFiles(paths: readonly string[]): readonly string[] {
  return findFiles(paths).filter((file) => !needsDocker(file));
}

/** The test files that need Docker, in the same way. */
export function findDockerTestFiles(paths: readonly string[]): readonly string[] {
  return findFiles(paths).filter(needsDocker);
}

function needsDocker(file: string): boolean {
  return file.endsWith(".docker.test.ts");
}

function findFiles(paths: readonly string[]): readonly string[] {
  const files = globSync(patterns, { exclude: ["**/node_modules/**"] }).toSorted();
  const wanted = paths.map((path) => path.replace(/^\.\//, "").replace(/\/$/, ""));
  if (wanted.length === 0) return files;
  return files.filter((file) => wanted.some((path) => file === path || file.startsWith(`${path}/`)));
}
