/** Credits of a list or search by its offset (help.zoho.com "API credits"). */
export function pageWeight(from: number): number {
  if (from <= 2_000) return 3;
  if (from <= 10_000) return 5;
  if (from <= 50_000) return 10;
  return from <= 100_000 ? 50 : 100;
}
