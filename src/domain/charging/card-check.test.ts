import { describe, expect, test } from "@jest/globals";
import { BARRING_CLASSES, barredBy, type CardDeclined, cardFault, type CardFacts } from "./card-check.ts";

const NOW = new Date("2026-12-15T15:00:00Z");
const CARD = { paymentSourceId: "src_1", cardBrand: "visa", cardLast4: "4242", cardExpMonth: 12, cardExpYear: 2030 };

describe("may this card be charged", () => {
  // prettier-ignore
  test.each<[change: Partial<Omit<CardFacts, "card">> & { card?: Partial<CardFacts["card"]> }, fault: string | null, because: string]>([
    [{}, null, "nothing speaks against it"],
    [{ isDeleted: true }, "customer_deleted", "there is nobody to charge"],
    [{ card: { paymentSourceId: null } }, "no_default_card", "there is nothing to charge"],
    [{ card: { cardExpMonth: 11, cardExpYear: 2026 } }, "card_expired", "the bank would decline it"],
    [{ card: { cardExpMonth: 12, cardExpYear: 2026 } }, null, "its last month"],
    [{ card: { cardExpMonth: null, cardExpYear: null } }, null, "nobody knows when it expires"],
    [{ neverAgain: [{ paymentSourceId: "src_1", cardLast4: "4242" }] }, "card_forbidden", "the network forbids it, for every invoice"],
    [{ neverAgain: [{ paymentSourceId: "src_0", cardLast4: "4242" }] }, null, "that was another card, which ends alike"],
    [{ neverAgain: [{ paymentSourceId: null, cardLast4: "4242" }] }, "card_forbidden", "the gateway named it before we knew its id"],
    [{ neverAgain: [{ paymentSourceId: null, cardLast4: "1111" }] }, null, "that was another card"],
    [{ neverAgain: [{ paymentSourceId: null, cardLast4: null }], card: { cardLast4: null } }, null, "nobody knows which card that was"],
    [{ isDeleted: true, card: { paymentSourceId: null } }, "customer_deleted", "the worse one is told"],
    [{ toReplace: [{ paymentSourceId: "src_0", cardLast4: "4242" }, { paymentSourceId: "src_1", cardLast4: "4242" }] }, "card_declined_elsewhere", "another invoice waits for another card than this"],
    [{ toReplace: [{ paymentSourceId: "src_0", cardLast4: "4242" }] }, null, "that one is not this"],
  ])("%j: %s (%s)", ({ card, ...change }, fault, _because) => {
    const found = cardFault({ isDeleted: false, neverAgain: [], toReplace: [], ...change, card: { ...CARD, ...card } }, NOW);
    expect(found).toBe(fault);
  });
});

test("a card that another one is needed for is tried where a person asks for it, one that is forbidden is not", () => {
  const facts = { card: CARD, isDeleted: false, neverAgain: [], toReplace: [CARD] };
  expect(cardFault(facts, NOW)).toBe("card_declined_elsewhere");
  expect(cardFault(facts, NOW, { isAskedFor: true })).toBeNull();
  expect(cardFault({ ...facts, neverAgain: [CARD] }, NOW, { isAskedFor: true })).toBe("card_forbidden");
});

describe("which cards are barred by what they were declined for", () => {
  const NAMED = { paymentSourceId: "src_1", cardLast4: "4242" };
  test.each<[Partial<CardDeclined>, string, string]>([
    // the decline, the list the card is on, because
    [
      { declineClass: "never_again", invoiceStatus: "uncollectible" },
      "neverAgain",
      "for ever, whatever became of the invoice",
    ],
    [{ declineClass: "never_again", isCleared: true }, "", "the card was renewed, or a person allowed it"],
    [{ declineClass: "new_card", invoiceStatus: "open" }, "toReplace", "its invoice waits for another card"],
    [{ declineClass: "new_card", invoiceStatus: "held" }, "toReplace", "or for a person"],
    [{ declineClass: "new_card", invoiceStatus: "paid" }, "", "the invoice is settled"],
    [{ declineClass: "new_card", invoiceStatus: "open", isCleared: true }, "", "a person allowed it"],
    [{ declineClass: "retry_later" }, "", "the same card may pay later"],
    [{ declineClass: null }, "", "nobody declined it"],
  ])("%j: %s (%s)", (change, list) => {
    const declined: CardDeclined = { ...NAMED, declineClass: null, isCleared: false, invoiceStatus: "open", ...change };
    const barred = barredBy([declined]);
    expect(barred).toEqual({ neverAgain: [], toReplace: [], ...(list !== "" && { [list]: [NAMED] }) });
  });
});

test("the store looks for declines of both classes that bar a card", () => {
  expect(BARRING_CLASSES).toEqual(["never_again", "new_card"]);
});
