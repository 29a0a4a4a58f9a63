/** The checkers excuse a second payment only where nobody could have kept it from happening. */
import { expect, test } from "@jest/globals";
import type { ChargeIntent } from "../../src/application/ports/gateway.ts";
import { isRaceAllowed } from "./late-money.ts";
import { newLedger, type PageEnd } from "./ledger.ts";

type Row = readonly [
  closedAtMs: number | null,
  cashAtMs: number,
  cardSentAtMs: number,
  allowed: boolean,
  because: string,
];

// prettier-ignore
const ROWS: readonly Row[] = [
  // closed, cash comes, card is sent, allowed
  [100, 150, 100, true,  "the page was over when the card was sent, and the cash came after its end"],
  [100, 300, 200, true,  "late cash after the card had paid"],
  [100, 150, 99,  false, "the card was sent while the page was open"],
  [100, 90,  120, false, "the cash had come before the page was closed: a read would have shown it"],
  [null, 150, 200, false, "the page never ended"],
];

test.each(ROWS)(
  "page closed at %s, cash at %s, card sent at %s: %s, %s",
  (closedAtMs, cashAtMs, cardSentAtMs, allowed) => {
    const { ledger, cash, card } = twoPayments({ closedAtMs, cashAtMs, status: "Cancelled" });
    const sentAtMs = new Map([
      ["inv_1-1", 0],
      ["inv_1-2", cardSentAtMs],
    ]);

    expect(isRaceAllowed(ledger, sentAtMs, cash, card)).toBe(allowed);
    expect(isRaceAllowed(ledger, sentAtMs, card, cash)).toBe(allowed);
  },
);

test("two charges of a card are never excused", () => {
  const ledger = newLedger();
  const pay = (reference: string, atMs: number) => {
    const order = ledger.createOrder(intentOf(reference), atMs, { listedAtMs: atMs, liesAbout: null, page: null });
    return ledger.addCharge(order, intentOf(reference), atMs, { status: "paid", card: CARD });
  };

  expect(isRaceAllowed(ledger, new Map([["inv_1-1", 1]]), pay("inv_1-1", 1), pay("inv_1-2", 2))).toBe(false);
});

const CARD = { sourceId: "src_1", brand: "visa", last4: "4242" };

function twoPayments({
  closedAtMs,
  cashAtMs,
  status,
}: {
  readonly closedAtMs: number | null;
  readonly cashAtMs: number;
  readonly status: PageEnd;
}) {
  const ledger = newLedger();
  const page = {
    url: "https://pay.example/1",
    methods: ["cash"] as const,
    expiresAtMs: 1000,
    isKnown: true,
    end: null,
  };
  const link = ledger.createOrder(intentOf("inv_1-1"), 0, { listedAtMs: 0, liesAbout: null, page });
  if (closedAtMs !== null) ledger.closePage(link, closedAtMs, status);
  const cash = ledger.addCharge(link, intentOf("inv_1-1"), cashAtMs, { status: "paid", method: "cash", card: null });
  const order = ledger.createOrder(intentOf("inv_1-2"), 1, { listedAtMs: 1, liesAbout: null, page: null });
  const card = ledger.addCharge(order, intentOf("inv_1-2"), 400, { status: "paid", card: CARD });
  return { ledger, cash, card };
}

function intentOf(reference: string): ChargeIntent {
  return {
    ...{ reference, installationId: "ins_1", subscriptionId: "sub_1", invoiceId: "inv_1", cycle: 0 },
    ...{
      customerId: "cus_1",
      currency: "MXN",
      amountCents: 10_000,
      discountCents: 0,
      discounts: null,
      balanceCents: 0,
      lineItems: [],
      taxes: null,
    },
  };
}
