import { describe, expect, test } from "@jest/globals";
import type { SeenCard } from "../attempt.ts";
import type { NamedCard } from "../charging/card-check.ts";
import { chargedCard, isDefaultInDoubt } from "./charged-card.ts";

const VISA = { paymentSourceId: "src_visa", cardBrand: "visa", cardLast4: "4242" };
const AMEX = { paymentSourceId: "src_amex", cardLast4: "0005" };
const UNNAMED = { paymentSourceId: null, cardBrand: null, cardLast4: null };

// prettier-ignore
describe("the card of an attempt that was claimed with visa •4242", () => {
  test.each<[SeenCard | null, NamedCard, string, boolean, string]>([
    // the gateway names, the default now, charged, is the default in doubt, because
    [null, VISA, "src_visa visa 4242", false, "nothing speaks against the claim"],
    [{ brand: "visa", last4: "4242" }, VISA, "src_visa visa 4242", false, "the answer says the same"],
    ["none", UNNAMED, "null  ", false, "no card was there, so none was tried, and the one that was claimed is new when it comes back"],
    [{ brand: null, last4: null }, AMEX, "src_visa visa 4242", false, "an answer without a card says nothing"],
    [{ brand: "amex", last4: "0005" }, VISA, "null amex 0005", true, "a card that we do not know"],
    [{ brand: "amex", last4: "0005" }, AMEX, "src_amex amex 0005", false, "the default by now: its id is known"],
    [{ brand: "visa", last4: "4242" }, AMEX, "src_visa visa 4242", true, "the card that was claimed, though another is the default"],
  ])("%j, %j: %s, in doubt: %p (%s)", (seen, now, charged, inDoubt) => {
    expect(Object.values(chargedCard(VISA, seen, now)).join(" ").replace(/^ /, "null ")).toBe(charged);
    expect(isDefaultInDoubt(seen, now)).toBe(inDoubt);
  });

  test("a try without a card of ours takes what the answer names, and has no id", () => {
    expect(chargedCard(UNNAMED, { brand: "visa", last4: "4242" }, VISA)).toEqual({ ...UNNAMED, cardBrand: "visa", cardLast4: "4242" });
  });
});
