/** Something that did not pass: what it is called, and why, as text for a person. */
export interface Failure {
  readonly name: string;
  readonly reason: string;
}

/** What a check or a test file came to, and what it printed. */
export interface Result {
  readonly name: string;
  readonly passed: number;
  readonly failures: readonly Failure[];
  readonly output: string;
  readonly durationMs: number;
}

const outputLines = 60;

/** One line for a result; when something failed, why, and the end of what was printed. */
export function describeResult({ name, passed, failures, output, durationMs }: Result): string {
  const seconds = `${(durationMs / 1000).toFixed(1)} s`;
  if (failures.length === 0) return `✓ ${name} (${passed} passed, ${seconds})`;
  const reasons = failures.map(({ name: what, reason }) => `\n  ✗ ${what}\n${indent(reason)}`);
  const printed = output === "" ? [] : [`\n  printed:\n${indent(output.split("\n").slice(-outputLines).join("\n"))}`];
  return [`✗ ${name} (${passed} passed, ${failures.length} failed, ${seconds})`, ...reasons, ...printed, ""].join("\n");
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^(?=.)/gm, "    ");
}
