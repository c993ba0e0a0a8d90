import { createHash } from "node:crypto";
import { docker } from "./engine.ts";

/** Two checkouts may be tested at once, on one engine. */
const checkout = createHash("sha256").update(process.cwd()).digest("hex").slice(0, 8);

/** The images of the two services, as the tests of this checkout name them. */
export const images = {
  ingest: `deskmirror-test-ingest:${checkout}`,
  sync: `deskmirror-test-sync:${checkout}`,
} as const;

/** Stand-ins for the public base images; where there is none, the public one is taken. */
export const baseImages = {
  NODE_IMAGE: process.env["NODE_IMAGE"] ?? "",
  REDIS_IMAGE: process.env["REDIS_IMAGE"] ?? "",
  POSTGRES_IMAGE: process.env["POSTGRES_IMAGE"] ?? "",
  CADDY_IMAGE: process.env["CADDY_IMAGE"] ?? "",
} as const;

/** Builds both images from this checkout and gives their sizes in bytes. */
export async function buildImages(): Promise<Readonly<Record<string, number>>> {
  const { NODE_IMAGE } = baseImages;
  const base = NODE_IMAGE === "" ? [] : ["--build-arg", `NODE_IMAGE=${NODE_IMAGE}`];
  const sizes: Record<string, number> = {};
  for (const [service, image] of Object.entries(images)) {
    await docker("build", "--network=host", ...base, "--file", `Dockerfile.${service}`, "--tag", image, ".");
    sizes[service] = Number(await docker("image", "inspect", "--format", "{{.Size}}", image));
  }
  return sizes;
}
