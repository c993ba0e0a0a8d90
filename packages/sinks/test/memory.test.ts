import { createMemorySink } from "../src/memory-sink.ts";
import { sinkContract } from "./sink-contract.ts";

sinkContract("the memory sink", async () => {
  const sink = createMemorySink();
  const toTable = (source: string, view: string) => ({
    source,
    stream: view.replace(/_flat$/, ""),
    core: null,
    hasModifiedTime: false,
    isByCreatedTime: false,
  });
  return { sink, flat: async (source, view) => sink.flat(toTable(source, view)) };
});
