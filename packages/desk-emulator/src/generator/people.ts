import { textOf, type Json } from "../json.ts";
import { blankAccount, blankContact } from "../tables/people.ts";
import { customValues } from "./custom-fields.ts";
import { cities, companies, firstNames, lastNames, sentences } from "./vocabulary.ts";
import { add, perhapsTrashed, times, type World } from "./world.ts";

function happiness(world: World): Json {
  const good = world.random.int(101);
  return { badPercentage: String(100 - good), okPercentage: "0", goodPercentage: String(good) };
}

/** Accounts, then contacts that belong to them. */
export function generatePeople(world: World): void {
  const accounts = Math.max(12, Math.floor(world.tickets / 10));
  for (let index = 0; index < accounts; index += 1) addAccount(world, index, accounts);
  const contacts = Math.max(30, Math.floor(world.tickets / 3));
  for (let index = 0; index < contacts; index += 1) addContact(world, index, contacts);
}

function addAccount(world: World, index: number, count: number): void {
  const { random, ids } = world;
  const time = times(world, index, count);
  const [city, country] = random.pick(cities);
  const accountName = `${random.pick(companies)} ${index + 1}`;
  const fields = world.customFields.filter((field) => field.module === "accounts");
  const data = {
    ...blankAccount,
    accountName,
    email: `info@account${index}.example`,
    website: `https://account${index}.example`,
    phone: `+41 44 ${1_000_000 + index}`,
    industry: random.pick(["Automation", "Handel", "Énergie", null]),
    description: random.chance(0.3) ? random.pick(sentences) : null,
    customerHappiness: happiness(world),
    city,
    country,
    code: String(10000 + random.int(80000)),
    ownerId: random.pick(ids.agents),
    layoutId: layoutOf(world, "accounts"),
    cf: customValues(fields, random, index),
  };
  add(world, "accounts", data, { ...time, trashed: perhapsTrashed(world, time.modifiedMs, 0.005) });
}

function addContact(world: World, index: number, count: number): void {
  const { random, ids, store } = world;
  const time = times(world, index, count);
  const [city, country] = random.pick(cities);
  const accountId = random.chance(0.8) ? random.pick(ids.accounts) : null;
  const fields = world.customFields.filter((field) => field.module === "contacts");
  const data = {
    ...blankContact,
    firstName: random.chance(0.9) ? random.pick(firstNames) : null,
    lastName: random.pick(lastNames),
    email: `contact${index}@${accountId === null ? "mail.example" : (textOf(store.get("accounts", accountId)?.data ?? {}, "website") ?? "").slice(8)}`,
    phone: random.chance(0.5) ? `+49 40 ${2_000_000 + index}` : null,
    mobile: random.chance(0.3) ? `+49 170 ${3_000_000 + index}` : null,
    type: random.pick(["paidUser", null]),
    accountId,
    accountCount: accountId === null ? "0" : "1",
    ownerId: random.pick(ids.agents),
    isEndUser: random.chance(0.5),
    customerHappiness: happiness(world),
    title: random.pick(["CTO", "Geschäftsführerin", null]),
    city,
    country,
    zip: String(10000 + random.int(80000)),
    layoutId: layoutOf(world, "contacts"),
    cf: customValues(fields, random, index),
  };
  add(world, "contacts", data, { ...time, trashed: perhapsTrashed(world, time.modifiedMs, 0.01) });
}

/** The layout a module uses in a department; the first department's by default. */
export function layoutOf(world: World, module: string, departmentId = world.ids.departments[0]): string {
  const key = `${module}:${departmentId}`;
  let layouts = layoutIds.get(world);
  if (layouts === undefined) {
    layouts = new Map(
      [...world.store.all("layouts")].map((state) => [
        `${state.parentId}:${state.data["departmentId"] as string}`,
        state.id,
      ]),
    );
    layoutIds.set(world, layouts);
  }
  return layouts.get(key) as string;
}

const layoutIds = new WeakMap<World, Map<string, string>>();
