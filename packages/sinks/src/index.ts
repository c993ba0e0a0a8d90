export { assertAllowedHost } from "./forbidden-hosts.ts";
export { createMemorySink } from "./memory-sink.ts";
export { sourceNameProblem } from "./names.ts";
export { openSink, sinkUrlProblem } from "./open-sink.ts";
export { redactSinkUrl } from "./redact-sink-url.ts";
