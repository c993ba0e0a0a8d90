import { createHash, timingSafeEqual } from "node:crypto";
import type { RequestHandler } from "express";
import { ApiError } from "./api-error.ts";

const ATTEMPTS_A_MINUTE = 10;
const MINUTE_MS = 60_000;
const ADDRESSES_REMEMBERED = 10_000;

/** Lets through only calls with `Authorization: Bearer <token>`; after 10 wrong ones a minute an address is refused whatever it sends. */
export function adminToken(token: string, now: () => number): RequestHandler {
  const expected = digest(token);
  const failures = new Map<string, { count: number; untilMs: number }>();

  function failuresOf(address: string): { count: number; untilMs: number } {
    const known = failures.get(address);
    if (known !== undefined && known.untilMs > now()) return known;
    if (failures.size >= ADDRESSES_REMEMBERED) failures.clear();
    const fresh = { count: 0, untilMs: now() + MINUTE_MS };
    failures.set(address, fresh);
    return fresh;
  }

  return function checkAdminToken(req, res, next) {
    res.setHeader("cache-control", "no-store");
    const address = req.socket.remoteAddress ?? "";
    const failed = failuresOf(address);
    if (failed.count >= ATTEMPTS_A_MINUTE) {
      throw new ApiError(429, "TOO_MANY_ATTEMPTS", {
        message: "Too many wrong tokens from this address.",
        hint: "Wait a minute, then send the ADMIN_TOKEN of this deployment.",
      });
    }
    // The scheme's case says nothing (RFC 9110, section 11.1).
    const given = /^Bearer +(.+)$/i.exec(req.headers.authorization ?? "")?.[1] ?? "";
    if (timingSafeEqual(digest(given), expected)) return next();
    failed.count += 1;
    throw new ApiError(401, "UNAUTHORIZED", {
      message: "The admin token is missing or wrong.",
      hint: "Send `Authorization: Bearer <ADMIN_TOKEN>`.",
    });
  };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
