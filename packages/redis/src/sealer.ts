import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { ConfigError } from "@deskmirror/model";

/** Seals texts for rest. */
export interface Sealer {
  readonly seal: (text: string) => string;
  /** ConfigError when neither key opens it. */
  readonly open: (sealed: string) => string;
  /** Whether it is not sealed with the present key, so that it must be sealed anew before the previous key goes. */
  readonly needsReseal: (sealed: string) => boolean;
}

const VERSION = "v1";
const IV_BYTES = 12;
const TAG_BYTES = 16;

interface Key {
  readonly id: string;
  readonly bytes: Buffer;
}

/**
 * AES-256-GCM; a sealed text is `v1.<key id>.<base64url of iv, tag and cipher text>`, and its first two parts are authenticated too.
 * Keys are 32 bytes in base64; ConfigError when they are not.
 */
export function createSealer(options: { readonly key: string; readonly previousKey?: string }): Sealer {
  const key = readKey("SECRET_KEY", options.key);
  const keys = [
    key,
    ...(options.previousKey === undefined ? [] : [readKey("SECRET_KEY_PREVIOUS", options.previousKey)]),
  ];

  return {
    seal(text) {
      const iv = randomBytes(IV_BYTES);
      const head = `${VERSION}.${key.id}`;
      const cipher = createCipheriv("aes-256-gcm", key.bytes, iv).setAAD(Buffer.from(head));
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return `${head}.${Buffer.concat([iv, cipher.getAuthTag(), body]).toString("base64url")}`;
    },
    open(sealed) {
      const [version, id, body = ""] = sealed.split(".");
      const found = keys.find((each) => each.id === id);
      if (version !== VERSION || found === undefined) throw unopened();
      const bytes = Buffer.from(body, "base64url");
      if (bytes.length < IV_BYTES + TAG_BYTES) throw unopened();
      try {
        const decipher = createDecipheriv("aes-256-gcm", found.bytes, bytes.subarray(0, IV_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(Buffer.from(`${version}.${id}`)).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
        return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString(
          "utf8",
        );
      } catch {
        throw unopened();
      }
    },
    needsReseal: (sealed) => !sealed.startsWith(`${VERSION}.${key.id}.`),
  };
}

function readKey(name: string, text: string): Key {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== 32) throw new ConfigError(`${name} must be 32 bytes in base64: openssl rand -base64 32`);
  return { bytes, id: createHash("sha256").update(bytes).digest("hex").slice(0, 8) };
}

function unopened(): ConfigError {
  return new ConfigError(
    "A stored secret opens with neither SECRET_KEY nor SECRET_KEY_PREVIOUS: set SECRET_KEY_PREVIOUS to the key it was sealed with",
  );
}
