import { blankArticle, blankContract, blankProduct } from "../tables/catalogue.ts";
import { customValues } from "./custom-fields.ts";
import { layoutOf } from "./people.ts";
import { sentences, subjects } from "./vocabulary.ts";
import { add, dateOf, perhapsTrashed, times, type World } from "./world.ts";

/** Products, contracts and articles. */
export function generateCatalogue(world: World): void {
  const products = Math.max(20, Math.floor(world.tickets / 200));
  for (let index = 0; index < products; index += 1) addProduct(world, index, products);
  const contracts = Math.max(15, Math.floor(world.tickets / 100));
  for (let index = 0; index < contracts; index += 1) addContract(world, index, contracts);
  const articles = Math.max(25, Math.floor(world.tickets / 50));
  for (let index = 0; index < articles; index += 1) addArticle(world, index, articles);
}

function addProduct(world: World, index: number, count: number): void {
  const { random, ids } = world;
  const time = times(world, index, count);
  const by = random.pick(ids.agents);
  const data = {
    ...blankProduct,
    productName: `Wärmepumpe ${index + 1}`,
    productCode: `WP-${1000 + index}`,
    productCategory: random.pick(["Hardware", "Zubehör", null]),
    unitPrice: `${100 + random.int(900)}.00`,
    description: random.chance(0.4) ? random.pick(sentences) : null,
    ownerId: random.pick(ids.agents),
    departmentIds: [random.pick(ids.departments)],
    layoutId: layoutOf(world, "products"),
    cf: customValues(
      world.customFields.filter((field) => field.module === "products"),
      random,
      index,
    ),
    createdBy: by,
    modifiedBy: by,
  };
  add(world, "products", data, { ...time, trashed: perhapsTrashed(world, time.modifiedMs, 0.01) });
}

function addContract(world: World, index: number, count: number): void {
  const { random, ids } = world;
  const time = times(world, index, count);
  const by = random.pick(ids.agents);
  const data = {
    ...blankContract,
    contractName: `Wartung ${index + 1}`,
    contractNumber: `C-${5000 + index}`,
    contractStatus: random.pick(["ACTIVE", "EXPIRED", "FUTURE"]),
    startDate: dateOf(time.createdMs),
    endDate: dateOf(time.createdMs + 365 * 86_400_000),
    ownerId: random.pick(ids.agents),
    departmentId: random.pick(ids.departments),
    accountId: random.pick(ids.accounts),
    productId: random.pick(ids.products),
    cf: customValues(
      world.customFields.filter((field) => field.module === "contracts"),
      random,
      index,
    ),
    createdBy: by,
    modifiedBy: by,
  };
  add(world, "contracts", data, time);
}

function addArticle(world: World, index: number, count: number): void {
  const { random, ids, store } = world;
  const time = times(world, index, count);
  const authorId = random.pick(ids.agents);
  const title = `${random.pick(subjects)} – Anleitung ${index + 1}`;
  const categoryId = `4101000000${10 + random.int(5)}`;
  const status = random.pick(["Published", "Draft", "Review"]);
  const data = {
    ...blankArticle,
    title,
    permalink: `anleitung-${index + 1}`,
    status,
    categoryId,
    category: { id: categoryId, name: "General" },
    rootCategoryId: "410100000000",
    departmentId: random.pick(ids.departments),
    authorId,
    author: { id: authorId, name: store.get("agents", authorId)?.data["name"] ?? null, photoURL: null },
    ownerId: authorId,
    creatorId: authorId,
    modifierId: authorId,
    tags: random.chance(0.5) ? ["faq", "größe"] : [],
    summary: random.pick(sentences),
    viewCount: String(random.int(500)),
    likeCount: String(random.int(50)),
    latestVersionStatus: status,
    latestPublishedVersion: status === "Published" ? "1.0" : null,
    answer: `<div>${random.pick(sentences)} ${random.pick(sentences)}</div>`,
  };
  add(world, "articles", data, { ...time, trashed: perhapsTrashed(world, time.modifiedMs, 0.01) });
}
