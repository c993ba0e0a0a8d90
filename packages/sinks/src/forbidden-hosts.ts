import { lookup } from "node:dns/promises";
import { BlockList } from "node:net";
import { ConfigError, TransientError, toError } from "@deskmirror/model";

/** Names under which clouds answer instance metadata, credentials included. */
const names: ReadonlySet<string> = new Set(["metadata", "metadata.google.internal", "metadata.goog", "instance-data"]);

/** The addresses behind them. */
const addresses = new BlockList();
addresses.addSubnet("169.254.0.0", 16); // AWS, Google, Azure, Oracle, and all that is link-local
addresses.addAddress("100.100.100.200"); // Alibaba
addresses.addAddress("192.0.0.192"); // Oracle, old
addresses.addAddress("168.63.129.16"); // Azure's wire server
addresses.addAddress("fd00:ec2::254", "ipv6"); // AWS
addresses.addAddress("fd20:ce::254", "ipv6"); // Google
addresses.addSubnet("fe80::", 10, "ipv6"); // link-local

/** Throws ConfigError when a host is, or resolves to, an address of instance metadata; TransientError when it does not resolve. */
export async function assertAllowedHost(host: string): Promise<void> {
  const name = host.replace(/^\[|\]$|\.$/g, "").toLowerCase();
  if (names.has(name)) throw forbidden(host);
  const found = await lookup(name, { all: true }).catch((thrown: unknown) => {
    const error: NodeJS.ErrnoException = toError(thrown);
    const what = `the host ${host} was not found (${error.code ?? error.message})`;
    throw new TransientError(`${what}: check its spelling, and the DNS of the machine that asks`, { code: "DNS" });
  });
  if (found.some(({ address, family }) => addresses.check(address, family === 6 ? "ipv6" : "ipv4")))
    throw forbidden(host);
}

function forbidden(host: string): ConfigError {
  return new ConfigError(
    `${host} serves the metadata of a cloud's machines, which is never asked: name your own server`,
  );
}
