import { hash, randomBytes } from "node:crypto";

/** A new secret part of a service URL: 192 random bits, URL-safe, 32 characters. */
export function createServiceKey(): string {
  return randomBytes(24).toString("base64url");
}

/** The address Zoho sends to. */
export function toServiceUrl(publicUrl: string, key: string): string {
  return new URL(`hooks/${key}`, `${publicUrl.replace(/\/+$/, "")}/`).href;
}

/** What is published of a key: its sha256 in hex. */
export function hashServiceKey(key: string): string {
  return hash("sha256", key);
}
