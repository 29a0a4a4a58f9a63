/** A number of many digits, so that nobody takes it for a telephone's. */
export function limitText(limit: number | bigint): string {
  return limit > 999_999_999 ? limit.toLocaleString("en") : String(limit);
}
