let listens = false;

/** Lets a test file that is told to end (its time is over, a person pressed Ctrl-C) end the servers it started, too. */
export function endServersOnSignal(): void {
  if (listens) return;
  listens = true;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
}
