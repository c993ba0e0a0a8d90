import { createServiceKey, toServiceUrl } from "@deskmirror/redis";
import { flag, integer, port, text, url } from "@deskmirror/runtime";
import type { Variables } from "@deskmirror/runtime";
import { sinkUrlProblem } from "@deskmirror/sinks";
import * as z from "zod";

const secretKey = z
  .string()
  .refine((value) => /^[A-Za-z0-9+/_-]{42,44}={0,2}$/.test(value) && Buffer.from(value, "base64").length === 32, {
    error: "must be 32 bytes in base64; make one with `openssl rand -base64 32`",
  });

const sample = /^(change|replace|your|example|sample|secret|password|admin|token|test|demo)/i;

const adminToken = z
  .string()
  .min(24, "must be at least 24 characters; make one with `openssl rand -hex 24`")
  .refine(
    (value) => !sample.test(value) && new Set(value).size > 6,
    "is a sample value; make one with `openssl rand -hex 24`",
  );

/** Zoho takes service URLs up to this length (contract section 4). */
const LONGEST_SERVICE_URL = 100;

function publicUrlProblem(publicUrl: string): string | null {
  const { length } = toServiceUrl(publicUrl, createServiceKey());
  if (length <= LONGEST_SERVICE_URL) return null;
  return `must be ${length - LONGEST_SERVICE_URL} characters shorter, since Zoho takes no service URL longer than ${LONGEST_SERVICE_URL}`;
}

/** What sync reads beside the shared variables (contract section 2). */
export const variables = {
  SECRET_KEY: { meaning: "32 bytes in base64 that seal credentials", schema: secretKey, secret: true },
  SECRET_KEY_PREVIOUS: {
    meaning: "the SECRET_KEY before, read during rotation",
    schema: secretKey,
    optional: true,
    secret: true,
  },
  ADMIN_TOKEN: { meaning: "bearer token of admin API and console", schema: adminToken, secret: true },
  PUBLIC_URL: {
    meaning: "what a service URL starts with",
    schema: url(["http:", "https:"]),
    check: publicUrlProblem,
    default: "http://127.0.0.1:8080",
  },
  SYNC_PORT: { meaning: "private listener: admin API, console, health, metrics", schema: port, default: "8081" },
  SINK_URL: {
    meaning: "default sink of new sources",
    schema: text,
    check: (sinkUrl, textOf) => {
      const problem = sinkUrlProblem(sinkUrl, { dataDir: textOf("DATA_DIR") });
      return problem === null ? null : `is refused: ${problem}`;
    },
    default: "sqlite:$DATA_DIR/desk.db",
    secret: true,
  },
  RECONCILE_SECONDS: { meaning: "modified-since round", schema: integer({ min: 10 }), default: "900" },
  COMPARE_SECONDS: {
    meaning: "whole compare of tables without events",
    schema: integer({ min: 10 }),
    default: "21600",
  },
  SWEEP_HOURS: { meaning: "deletion sweep and whole reads", schema: integer({ min: 1 }), default: "168" },
  ALLOW_CUSTOM_ENDPOINTS: {
    meaning: "lets a source name its own accounts and Desk URLs (emulator, tests)",
    schema: flag,
    default: "false",
  },
} as const satisfies Variables;
