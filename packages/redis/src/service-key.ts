import { hash, randomBytes } from "node:crypto";

/** A new secret part of a service URL: 192 random bits, URL-safe, 32 characters. */
export function createServiceKey(): string {
  return randomBytes(24).toString("base64url");
}

/** What is published of a key: its sha256 in hex. */
export function hashServiceKey(key: string): string {
  return hash("sha256", key);
}
