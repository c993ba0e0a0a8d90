import { createMemorySink } from "../src/memory-sink.ts";
import { sinkContract } from "./sink-contract.ts";

sinkContract("the memory sink", async () => createMemorySink());
