export { createMemorySink } from "./memory-sink.ts";
export { sourceNameProblem } from "./names.ts";
export { openSink } from "./open-sink.ts";
export { redactSinkUrl } from "./redact-sink-url.ts";
