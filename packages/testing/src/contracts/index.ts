export * from "./dead-letters.ts";
export * from "./deliveries.ts";
export * from "./due-set.ts";
export * from "./gaps.ts";
export * from "./leases.ts";
export * from "./looks.ts";
export * from "./turns.ts";
