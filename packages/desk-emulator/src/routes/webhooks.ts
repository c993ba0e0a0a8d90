import type { Verb } from "../oauth/scopes.ts";
import { bodyOf, listAnswer, noParameters, one, type Route } from "../http/route.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";
import { listWeight } from "./lists.ts";

const groups = ["Desk.webhooks", "Desk.events", "Desk.settings"];

/** The webhook management API (Zoho Desk OpenAPI, Webhook). */
export function webhookRoutes(webhooks: Webhooks): Route[] {
  const common = (verb: Verb) => ({ scope: { groups, verb }, parameters: noParameters, weight: one });
  return [
    {
      ...common("READ"),
      method: "GET",
      path: "/webhooks",
      weight: listWeight,
      handle: () => listAnswer(webhooks.list().map((webhook) => webhooks.show(webhook))),
    },
    {
      ...common("READ"),
      method: "GET",
      path: "/webhooks/:id",
      locate: ({ params }) => void webhooks.get(params["id"] ?? ""),
      handle: ({ params }) => ({ status: 200, body: webhooks.show(webhooks.get(params["id"] ?? "")) }),
    },
    {
      ...common("CREATE"),
      method: "POST",
      path: "/webhooks",
      locate: (call) => void bodyOf(call),
      handle: async (call) => ({ status: 200, body: webhooks.show(await webhooks.create(bodyOf(call))) }),
    },
    {
      ...common("UPDATE"),
      method: "PATCH",
      path: "/webhooks/:id",
      locate(call) {
        webhooks.get(call.params["id"] ?? "");
        bodyOf(call);
      },
      handle: async (call) => ({
        status: 200,
        body: webhooks.show(await webhooks.update(call.params["id"] ?? "", bodyOf(call))),
      }),
    },
    {
      ...common("DELETE"),
      method: "DELETE",
      path: "/webhooks/:id",
      locate: ({ params }) => void webhooks.get(params["id"] ?? ""),
      handle({ params }) {
        webhooks.remove(params["id"] ?? "");
        return { status: 200 };
      },
    },
  ];
}
