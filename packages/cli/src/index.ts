export * from "./output/table.ts";
