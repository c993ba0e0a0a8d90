import type { Desk } from "../desk.ts";
import type { Route } from "../http/route.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";
import { childRoutes } from "./children.ts";
import { countRoutes } from "./counts.ts";
import { detailRoutes } from "./details.ts";
import { listRoutes } from "./lists.ts";
import { recycleBinRoutes } from "./recycle-bin.ts";
import { searchRoutes } from "./search.ts";
import { webhookRoutes } from "./webhooks.ts";
import { writeRoutes } from "./writes.ts";

/** Every endpoint of the emulated API. */
export function deskRoutes(desk: Desk, webhooks: Webhooks): Route[] {
  return [
    ...listRoutes(desk),
    ...childRoutes(desk),
    ...searchRoutes(desk),
    ...countRoutes(desk),
    ...detailRoutes(desk),
    ...writeRoutes(desk),
    ...recycleBinRoutes(desk),
    ...webhookRoutes(webhooks),
  ];
}
