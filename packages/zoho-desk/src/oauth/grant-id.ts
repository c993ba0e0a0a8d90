import { hash } from "node:crypto";

/** The name under which a grant's token, lease and window are kept: a hash of the refresh token, which it does not reveal. */
export function toGrantId(refreshToken: string): string {
  return hash("sha256", refreshToken, "hex").slice(0, 32);
}
