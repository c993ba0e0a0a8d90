import { isFree } from "./free-port.ts";

/** A port that a program of the pair will listen on, by the variable that a person changes. */
export interface NeededPort {
  readonly variable: string;
  readonly port: string;
  /** Absent is every address. */
  readonly host?: string;
}

/**
 * Throws, naming each variable, when something listens on a port already. Whoever that is, often a pair of another folder, would answer in
 * place of the one that is to start. A port that is none, or may not be had, is left to its program, which says so.
 */
export async function assertPortsAreFree(needed: readonly NeededPort[]): Promise<void> {
  const taken: NeededPort[] = [];
  for (const one of needed) {
    const isTaken = !(await isFree(Number(one.port), one.host).catch(() => true));
    if (isTaken) taken.push(one);
  }
  if (taken.length === 0) return;
  const names = taken.map(({ variable, port }) => `${variable} ${port}`).join(", ");
  throw new Error(
    `Something on this machine listens already: ${names}. End it (a pair of another folder, or a Compose deployment?), or set other ports in .env.`,
  );
}
