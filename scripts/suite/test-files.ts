import { globSync } from "node:fs";

const patterns = ["{packages,services}/*/test/**/*.test.ts", "scripts/test/**/*.test.ts"];

/** The test files of the repository, those that need Docker aside; under one of `paths` only, when given. Sorted. */
export function findTestFiles(paths: readonly string[]): readonly string[] {
  const files = globSync(patterns, { exclude: ["**/node_modules/**", "**/*.docker.test.ts"] }).toSorted();
  const wanted = paths.map((path) => path.replace(/^\.\//, "").replace(/\/$/, ""));
  if (wanted.length === 0) return files;
  return files.filter((file) => wanted.some((path) => file === path || file.startsWith(`${path}/`)));
}
