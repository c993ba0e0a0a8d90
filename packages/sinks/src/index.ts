export { assertAllowedHost } from "./forbidden-hosts.ts";
export type { FlatValue } from "./flat/read-value.ts";
export { createMemorySink } from "./memory-sink.ts";
export type { FlatRow, MemorySink } from "./memory-sink.ts";
export { sourceNameProblem } from "./names.ts";
export { openSink, sinkUrlProblem } from "./open-sink.ts";
export { redactSinkUrl } from "./redact-sink-url.ts";
