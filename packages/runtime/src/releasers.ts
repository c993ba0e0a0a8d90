import { toError } from "@deskmirror/model";

/** What must be given back, in reverse order of taking. */
export interface Releasers {
  add(name: string, release: () => Promise<void> | void): void;
  /** Runs every releaser once, last added first, whatever the others throw; gives the errors. Twice is once. */
  release(): Promise<readonly Error[]>;
}

/** An empty stack of releasers. */
export function createReleasers(): Releasers {
  const stack: { name: string; release: () => Promise<void> | void }[] = [];
  let released: Promise<readonly Error[]> | null = null;

  async function releaseAll(): Promise<readonly Error[]> {
    const errors: Error[] = [];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      try {
        await top.release();
      } catch (cause) {
        errors.push(new Error(`closing ${top.name} failed: ${toError(cause).message}`, { cause }));
      }
    }
    return errors;
  }

  return {
    add: (name, release) => void stack.push({ name, release }),
    release: () => (released ??= releaseAll()),
  };
}
