const secretName = String.raw`[\w-]*(?:token|secret|authorization|password|passwd|cookie|servicekey|service_key)[\w-]*`;

/** A short word in small letters, as in "bearer token": told from a token, so that our own messages stay readable. */
const word = String.raw`(?-i:[a-z]{1,19})(?=\.?(?:[^\w.~+/=-]|$))`;

/** What in a line of JSON is a secret, and what is written instead (docs/invariants.md, I11). */
const rules: readonly (readonly [RegExp, string])[] = [
  [new RegExp(String.raw`("${secretName}":)(?:"(?:[^"\\]|\\.)*"|\[[^\]]*\])`, "gi"), '$1"[redacted]"'],
  [new RegExp(String.raw`(\\"${secretName}\\":\s*\\")[^"\\]*`, "gi"), "$1[redacted]"],
  [/([?&](?:code|[\w-]*token|[\w-]*secret|password)=)[^&"\s\\]+/gi, "$1[redacted]"],
  [/(\/hooks\/)[\w~.%-]+/g, "$1[redacted]"],
  [/(\w:\/\/)[^/\s"@]*@/g, "$1[redacted]@"],
  [new RegExp(String.raw`((?:Bearer|Basic|Zoho-oauthtoken)\s+)(?!${word})[\w.~+/=-]+`, "gi"), "$1[redacted]"],
  [/\b1000\.[0-9a-f]{32}\.[0-9a-f]{32}\b/gi, "[redacted]"],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, "[redacted]"],
];

/**
 * Takes secrets out of a line of JSON, at any depth and inside messages: values under telling names, credentials in URLs, keys
 * of service URLs, bearer tokens, Zoho's tokens and codes, and JWTs.
 */
export function redact(line: string): string {
  return rules.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line);
}
