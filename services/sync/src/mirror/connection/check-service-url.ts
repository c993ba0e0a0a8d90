import { BlockList, isIP } from "node:net";
import { toError } from "@deskmirror/model";
import { fail, ok, said, warn } from "./check.ts";
import type { Check } from "./check.ts";

/** What judging a service URL needs. */
export interface ServiceUrlParts {
  readonly serviceUrl: string;
  /** Whether the source's Desk is Zoho's own: one of our own may reach what Zoho cannot. */
  readonly isZoho: boolean;
  /** The status that a GET of the URL answers with; rejects when there is none in time. */
  readonly probeUrl: (
    url: string,
    how: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ) => Promise<number>;
  /** ConfigError when a host serves the metadata of a cloud's machines. */
  readonly assertAllowedHost: (host: string) => Promise<void>;
  readonly signal: AbortSignal;
}

const SERVICE_URL = "service URL";

/** Zoho waits this long for an answer (Zoho Desk API, Webhooks). */
const TIMEOUT_MS = 5_000;

const notPublic = new BlockList();
notPublic.addSubnet("127.0.0.0", 8);
notPublic.addSubnet("10.0.0.0", 8);
notPublic.addSubnet("172.16.0.0", 12);
notPublic.addSubnet("192.168.0.0", 16);
notPublic.addAddress("0.0.0.0");
notPublic.addAddress("::1", "ipv6");
notPublic.addSubnet("fc00::", 7, "ipv6");

/** Judges whether Zoho can reach the service URL, as far as it can be told from here. */
export async function checkServiceUrl(parts: ServiceUrlParts): Promise<Check> {
  const { serviceUrl, isZoho } = parts;
  const origin = new URL(serviceUrl);
  const unanswered = await whyUnanswered(parts, origin);
  if (unanswered !== null) {
    return fail(SERVICE_URL, unanswered, "Start ingest, and check PUBLIC_URL and the proxy before it.");
  }
  const obstacles = [...whyUnreachable(origin), ...whyRefused(origin)];
  if (obstacles.length === 0) return ok(SERVICE_URL, `${origin.origin} answers 200.`);
  const message = `${origin.origin} answers 200 from here, but ${obstacles.join(", and ")}.`;
  const hint = "Set PUBLIC_URL to an address that the internet reaches on port 443 or 80.";
  return isZoho ? fail(SERVICE_URL, message, hint) : warn(SERVICE_URL, message, hint);
}

async function whyUnanswered(
  { serviceUrl, probeUrl, assertAllowedHost, signal }: ServiceUrlParts,
  { origin, hostname }: URL,
): Promise<string | null> {
  try {
    await assertAllowedHost(hostname);
    const status = await probeUrl(serviceUrl, { timeoutMs: TIMEOUT_MS, signal });
    return status === 200 ? null : `${origin} answers ${status} to a GET of the service URL; Zoho takes only 200.`;
  } catch (error) {
    return `${origin} cannot be reached from here: ${said(toError(error))}`;
  }
}

function whyUnreachable({ hostname }: URL): readonly string[] {
  const host = hostname.replace(/^\[|\]$/g, "");
  const family = isIP(host);
  const isPrivate =
    family === 0 ? /(^|\.)localhost$/.test(host) : notPublic.check(host, family === 6 ? "ipv6" : "ipv4");
  return isPrivate ? [`Zoho cannot reach ${hostname}, which is an address of this machine or network`] : [];
}

function whyRefused({ port, protocol }: URL): readonly string[] {
  const used = port === "" ? (protocol === "https:" ? "443" : "80") : port;
  return used === "80" || used === "443" ? [] : [`Zoho takes only ports 80 and 443, not ${used}`];
}
