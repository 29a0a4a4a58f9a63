/**
 * Ids of the shapes Conekta uses.
 *
 * Customers, sources and orders: a prefix and 17 base58 characters. Charges, events, webhooks and logs: 24
 * hexadecimal digits whose first eight are the creation time in seconds (a MongoDB ObjectId).
 */
import type { Random } from "./random.ts";

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const DIGITS = "0123456789";
const HEX = "0123456789abcdef";

export type IdPrefix =
  "cus" | "src" | "ord" | "tok" | "line_item" | "dis_lin" | "tax_lin" | "ship_lin" | "channel" | "webhl";

export function prefixedId(random: Random, prefix: IdPrefix): string {
  // Real ones of these years begin with 2; it makes ours look at home in a log.
  return `${prefix}_2${pick(random, BASE58, 16)}`;
}

export function timedId(random: Random, atSeconds: number): string {
  return atSeconds.toString(16).padStart(8, "0") + pick(random, HEX, 16);
}

export function hexDigits(random: Random, count: number): string {
  return pick(random, HEX, count);
}

export function decimalDigits(random: Random, count: number): string {
  return pick(random, DIGITS, count);
}

export function uuid(random: Random): string {
  const hex = pick(random, HEX, 30);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-a${hex.slice(15, 18)}-${hex.slice(18, 30)}`;
}

function pick(random: Random, alphabet: string, count: number): string {
  let text = "";
  for (let index = 0; index < count; index++) text += alphabet[random.below(alphabet.length)];
  return text;
}
