/** What an order of ours becomes in books that know it, know it otherwise, or lack it. */
import { describe, expect, test } from "@jest/globals";
import { type Books, booksOf, INVOICE, MADE_AT, NOW } from "../../../test/support/compared-books.ts";
import { answerOf, listedOrder, paymentBy } from "../../../test/support/seen-orders.ts";
import type { Payment } from "../../domain/attempt.ts";
import type { ListedOrder, LostAttempt } from "../ports/reconcile.ts";
import type { KnownAttempt } from "../ports/webhooks.ts";
import { bookOrder, importOrder, type Booked } from "./book-order.ts";

type Answer = Parameters<typeof answerOf>[0];

function showing(kind: Answer, change: Partial<ListedOrder> = {}): ListedOrder {
  return listedOrder({ inquiryAnswerOf: () => answerOf(kind), ...change });
}

/** Shows the payment with a difference. */
function paidAs(difference: Partial<Payment>, change: Partial<ListedOrder> = {}): ListedOrder {
  const payment = { ...paymentBy("chr_1"), ...difference };
  const answer = { kind: "paid", payment, trace: { httpStatus: 200, logId: null, because: "said the test" } } as const;
  return listedOrder({ inquiryAnswerOf: () => answer, ...change });
}

function words(booked: Booked): string {
  const attempt = "attempt" in booked && booked.attempt !== null ? ` ${booked.attempt.attemptId}` : "";
  return "because" in booked ? `${booked.is}${attempt}: ${booked.because}` : `${booked.is}${attempt}`;
}

// prettier-ignore
test.each<[order: ListedOrder, books: Books, booked: string, because: string]>([
  [showing("paid"), { attempts: [{}] }, "adopted att_1", "its answer was lost"],
  [showing("paid"), { attempts: [{ state: "paid", chargeId: "chr_1" }] }, "known", "it is in the books"],
  [showing("paid"), { attempts: [{ state: "paid_again", chargeId: "chr_1" }] }, "known", "as a second payment, too"],
  [showing("paid"), { attempts: [{ state: "paid", chargeId: null }] }, "known", "the books never learned of its charge"],
  [paidAs({ chargeId: null }), { attempts: [{ state: "paid", chargeId: "chr_1" }] }, "known", "the order shows none of its own"],
  [showing("declined"), { attempts: [{}] }, "adopted att_1", "a decline is adopted, too"],
  [showing("absent"), { attempts: [{}] }, "known", "it shows nothing new"],
  [showing("paid"), { attempts: [{}], settlesNothing: true }, "mismatched att_1: it is paid (charge chr_1), and attempt att_1 is unknown with ord_1", "it cannot be booked"],
  [showing("paid"), { attempts: [{ state: "paid", chargeId: "chr_0" }] }, "mismatched att_1: it is paid (charge chr_1), and attempt att_1 is paid with ord_1", "another charge paid it"],
  [showing("paid"), { attempts: [{ state: "paid", chargeId: "chr_1", orderId: "ord_0" }] }, "mismatched att_1: it is paid (charge chr_1), and attempt att_1 is paid with ord_0", "by another order"],
  [showing("paid"), { attempts: [{ state: "paid", chargeId: "chr_1", orderId: null }], settlesNothing: true }, "mismatched att_1: it is paid (charge chr_1), and attempt att_1 is paid with no order", "by none that is known"],
  [paidAs({ chargeId: null }), { attempts: [{ state: "declined" }], settlesNothing: true }, "mismatched att_1: it is paid (charge unknown), and attempt att_1 is declined with ord_1", "it shows no charge"],
  [showing("paid"), {}, "mismatched: it is paid, and names no attempt of the books", "nobody made it"],
  [paidAs({ amountCents: 1 }), { attempts: [{ state: "paid", chargeId: "chr_1" }] }, "mismatched att_1: amount 1 cents instead of 20015", "booked, though it differs"],
  [paidAs({ livemode: true }), { attempts: [{ state: "paid", chargeId: "chr_1" }] }, "mismatched att_1: live mode instead of test mode", "of the other mode"],
  [paidAs({ amountCents: 1 }, { chargeReferences: new Map([["chr_1", "b"]]) }), { attempts: [{ attemptId: "a", reference: "a", state: "unknown" }, { attemptId: "b", reference: "b", state: "declined" }], settlesNothing: true }, "mismatched b: amount 1 cents instead of 20015", "the one that the charge names"],
  [paidAs({ amountCents: 1 }, { chargeReferences: new Map() }), { attempts: [{ attemptId: "a", state: "declined" }, { attemptId: "b", state: "unknown" }, { attemptId: "c", state: "declined" }], settlesNothing: true }, "mismatched b: amount 1 cents instead of 20015", "else the one that is open"],
  [paidAs({ amountCents: 1 }, { chargeReferences: new Map() }), { attempts: [{ attemptId: "a", state: "declined" }, { attemptId: "c", state: "declined" }], settlesNothing: true }, "mismatched c: amount 1 cents instead of 20015", "else the last"],
  [paidAs({ amountCents: 1 }), { attempts: [{ attemptId: "a", state: "paid", chargeId: "chr_1" }, { attemptId: "b", state: "paid_again", chargeId: null }] }, "mismatched a: amount 1 cents instead of 20015", "the one whose charge it is, not a later one of which no charge is known"],

  [showing("paid", { references: [] }), { attempts: [{}], settlesNothing: true }, "mismatched att_1: it is paid (charge chr_1), and attempt att_1 is unknown with ord_1", "it names nobody, and an attempt of ours holds it"],
  [showing("paid"), { attempts: [{ attemptId: "a", reference: "a", state: "paid", chargeId: "chr_1" }, { attemptId: "b", state: "declined", amountCents: 1 }] }, "known", "who holds the charge is asked, not whom the charge names"],
  [showing("declined"), { attempts: [{ attemptId: "a", reference: "a" }, { attemptId: "b", reference: "b" }] }, "adopted a", "of several the first is named"],
  [showing("unknown", { givenBack: "refunded" }), { attempts: [{ state: "declined" }, { attemptId: "att_2", reference: "inv_1-2" }] }, "mismatched att_2: the order shows refunded, and the books know of no payment", "one of its tries is not over"],
  [showing("unknown", { givenBack: "refunded" }), { attempts: [{ state: "declined" }] }, "known", "all of it went back, and nothing is owed for it"],
  [showing("unknown", { givenBack: "refunded" }), { attempts: [{}] }, "mismatched att_1: the order shows refunded, and the books know of no payment", "its try is not over"],
  [showing("unknown", { givenBack: "partially_refunded" }), { attempts: [{ state: "declined" }] }, "mismatched att_1: the order shows partially_refunded, and the books know of no payment", "some of it was kept"],
  [showing("unknown", { givenBack: "charged_back" }), { attempts: [{ attemptId: "att_0", state: "not_sent" }, { state: "declined" }] }, "mismatched att_1: the order shows charged_back, and the books know of no payment", "the last is named"],
  [showing("unknown", { givenBack: "charged_back" }), {}, "mismatched: the order shows charged_back, and the books know of no payment", "there is none to name"],
  [showing("unknown", { givenBack: "charged_back" }), { attempts: [{ state: "paid" }] }, "known", "the books know the payment"],
  [showing("unknown", { givenBack: "charged_back" }), { attempts: [{ state: "declined" }, { attemptId: "att_2", state: "paid" }] }, "known", "of whichever try"],
])("%#: an order beside %j is %s (%s)", async (order, books, expected) => {
  expect(words(await bookOrder(booksOf(books).needs, order))).toBe(expected);
});

describe("an order that the books lack", () => {
  const lost = {
    reference: "inv_1-1",
    invoiceId: "inv_1",
    flow: "single",
    orderId: "ord_1",
    sentAt: MADE_AT,
    state: "unknown",
  };

  test.each<[order: ListedOrder, change: Partial<LostAttempt>, booked: string, because: string]>([
    [showing("paid", { createdAt: MADE_AT }), {}, "adopted att_inv_1-1", "it is written down, and booked"],
    [showing("declined", { createdAt: MADE_AT }), {}, "adopted att_inv_1-1", "a decline as well"],
    [paidAs({ paidAt: MADE_AT }), {}, "adopted att_inv_1-1", "it was sent by the time of its payment at the latest"],
    [showing("declined"), { sentAt: NOW }, "adopted att_inv_1-1", "nobody knows when: now"],
    [
      paidAs({ amountCents: 1 }, { createdAt: MADE_AT }),
      {},
      "mismatched att_inv_1-1: amount 1 cents instead of 20015",
      "what differs is told, though it is written down",
    ],
    [showing("lapsed", { createdAt: MADE_AT }), { flow: "link" }, "adopted att_inv_1-1", "what lapses is a page"],
    [
      showing("paid", { createdAt: MADE_AT, references: ["inv_1-1", "inv_1-2"] }),
      { flow: "order_first" },
      "adopted att_inv_1-1",
      "what carries several tries was opened first",
    ],
    [showing("pending", { createdAt: MADE_AT }), {}, "adopted att_inv_1-1", "a charge that is under review is no page"],
    [
      showing("unknown", { createdAt: MADE_AT }),
      {},
      "mismatched att_inv_1-1: said the test; it is in the books as unknown",
      "nobody can tell",
    ],
  ])("%#: it is written down with %j, and is %s (%s)", async (order, change, booked) => {
    const { needs, imported, opened } = booksOf({});
    expect(words(await importOrder(needs, order))).toBe(booked);
    expect(imported).toEqual([{ ...lost, ...change }]);
    expect(opened).toEqual([]);
  });

  test("a page that is open is a link", async () => {
    const link = { url: "https://pay.conekta.com/checkout/1", expiresAt: NOW };
    const answer = { ...answerOf("pending"), link } as ReturnType<typeof answerOf>;
    const { needs, imported } = booksOf({});
    await importOrder(needs, listedOrder({ inquiryAnswerOf: () => answer, chargeReferences: new Map() }));
    expect(imported.map(({ flow }) => flow)).toEqual(["link"]);
  });

  test.each<[kind: Answer, state: KnownAttempt["state"], booked: string, because: string]>([
    ["paid", "unknown", "adopted att_inv_1-1", "only money is booked beside one that is open"],
    ["declined", "pending", "unmatched: invoice inv_1 has the attempt att_2, pending, open", "what moved none is not"],
  ])("that shows %s, beside a try that is %s: %s (%s)", async (kind, state, booked) => {
    const { needs, imported } = booksOf({ attempts: [{ attemptId: "att_2", reference: "inv_1-2", state }] });
    expect(words(await importOrder(needs, showing(kind)))).toBe(booked);
    expect(imported.map((each) => each.state)).toEqual(kind === "paid" ? ["released"] : []);
  });

  test("each of its charges is written down where none paid; what the books have is left alone", async () => {
    const chargeReferences = new Map([
      ["chr_0", "inv_1-1"],
      ["chr_1", "inv_1-2"],
    ]);
    const order = showing("declined", { chargeReferences, references: ["inv_1-1", "inv_1-2"] });
    const { needs, imported } = booksOf({});
    expect(words(await importOrder(needs, order))).toBe("adopted att_inv_1-2");
    expect(imported.map(({ reference }) => reference)).toEqual(["inv_1-1", "inv_1-2"]);
    const known = booksOf({ attempts: [{ state: "declined" }] });
    expect(words(await importOrder(known.needs, order))).toBe("adopted att_inv_1-2");
    expect(known.imported.map(({ reference }) => reference)).toEqual(["inv_1-2"]);
  });

  test.each([[["inv_1-1", "inv_1-2"]], [["inv_1-2", "inv_1-1"]]])(
    "of %j the one that nobody can tell of is told, and not one before it that was declined",
    async (references) => {
      const [declined, unknown] = references as [string, string];
      const order = showing("unknown", {
        ...{ references, chargeReferences: new Map(references.map((each) => [`chr_${each}`, each])) },
        inquiryAnswerOf: (reference) => answerOf(reference === declined ? "declined" : "unknown"),
      });
      const { needs, imported } = booksOf({});
      expect(words(await importOrder(needs, order))).toBe(
        `mismatched att_${unknown}: said the test; it is in the books as unknown`,
      );
      expect(imported.map(({ reference }) => reference)).toEqual(references);
    },
  );

  test("the try that it lacked is told, and no later one of the same order", async () => {
    const { needs } = booksOf({ attempts: [{ attemptId: "att_2", reference: "inv_1-2", state: "declined" }] });
    expect(words(await importOrder(needs, showing("unknown")))).toBe(
      "mismatched att_inv_1-1: said the test; it is in the books as unknown",
    );
  });

  test("that asks for nothing is known by what the books have of it", async () => {
    const nothing = showing("absent", { chargeReferences: new Map() });
    expect(words(await importOrder(booksOf({}).needs, nothing))).toBe("known");
    const declined = booksOf({ attempts: [{ state: "declined" }] });
    expect(words(await importOrder(declined.needs, nothing))).toBe("adopted att_1");
  });
});

describe("the invoice of an order", () => {
  const untried = { cycle: null, oneOffKey: "item:evento", id: "inv_9" };
  const oneOff = { cycle: null, invoiceId: "inv_0" };
  const SHOWN = { amountCents: 20015, currency: "MXN", customerId: "cus_1", status: "paid" };
  const noSuch = "unmatched: the books have no invoice inv_0, which was of no cycle: add";

  // prettier-ignore
  test.each<[order: Partial<ListedOrder>, books: Books, found: string, because: string]>([
    [{}, {}, "inv_1", "of its cycle"],
    [{ invoiceId: "inv_0" }, {}, "inv_1", "whatever its id was before"],
    [{}, { invoices: [{ cycle: 1, id: "inv_2" }, {}] }, "inv_1", "not that of another cycle"],
    [{}, { invoices: [], nextCycle: 0 }, "inv_new", "its cycle is due, and is opened for it"],
    [{}, { nextCycle: 0 }, "inv_1", "it is there, so nothing else is opened"],
    [{ cycle: 1 }, {}, "unmatched: subscription ana has no invoice for cycle 1, and none is due by now; a change of plan that the books lack may have begun it: make the change again, then reconcile again", "it is not due yet"],
    [{}, { hasSubscription: false }, "unmatched: the books have no subscription ana; add it as it was, then reconcile again", "nobody knows of it"],
    [{ subscriptionId: null }, {}, "unmatched: the order does not say what it was made for", "it names no subscription"],
    [{ cycle: null, invoiceId: null }, {}, "unmatched: the order does not say what it was made for", "nor an invoice"],
    [{ invoiceId: null }, {}, "inv_1", "its cycle is enough"],
    [{}, { invoices: [{ amountCents: 0 }] }, "unmatched: invoice inv_1 of cycle 0 asks for nothing, so no charge of it can be booked", "it costs nothing by now"],
    [{ ...oneOff, invoiceId: "inv_9" }, { invoices: [{ ...untried, amountCents: 0 }] }, "unmatched: invoice inv_9 of cycle none asks for nothing, so no charge of it can be booked", "nor does what is charged once"],

    [{ ...oneOff, invoiceId: "inv_9" }, { invoices: [INVOICE, untried] }, "inv_9", "what is charged once, by its id"],
    [{ ...oneOff, oneOffKey: "item:evento" }, { invoices: [INVOICE, untried] }, "inv_9", "or by its key"],
    [{ ...oneOff, oneOffKey: "item:curso" }, { invoices: [INVOICE, untried], attempts: [] }, `${noSuch} the item with the key curso again as it was, as an invoice of its own, and reconcile again before anything is charged; the order then pays it`, "of another key it is another one"],
    [{ ...oneOff, oneOffKey: "item:a:b" }, { invoices: [] }, `${noSuch} the item with the key a:b again as it was, as an invoice of its own, and reconcile again before anything is charged; the order then pays it`, "a key may have colons"],
    [{ ...oneOff, oneOffKey: "change:ana/2" }, { invoices: [] }, `${noSuch} what it was for again as it was, as an invoice of its own, and reconcile again before anything is charged; the order then pays it`, "it was no item"],
    [oneOff, { invoices: [{ ...untried, oneOffKey: null }] }, noSuch, "no key is no key of another"],
    [{ ...oneOff, invoiceId: "inv_9", shown: SHOWN }, { invoices: [{ ...untried, status: "paid" }] }, "inv_9", "what is named is it, paid or not"],
    [{ ...oneOff, shown: SHOWN }, { invoices: [INVOICE, untried] }, "inv_9", "of before keys were written: the only one that was never tried and asks for as much"],
    [{ ...oneOff, shown: SHOWN }, { invoices: [untried, { ...untried, id: "inv_8" }] }, noSuch, "of two nobody can tell"],
    [{ ...oneOff, shown: SHOWN }, { invoices: [{ ...untried, status: "paid" }] }, noSuch, "it is paid already"],
    [{ ...oneOff, shown: SHOWN }, { invoices: [{ ...untried, declines: 1 }] }, noSuch, "it was tried"],
    [{ ...oneOff, shown: SHOWN }, { invoices: [{ ...untried, orderId: "ord_2" }] }, noSuch, "it has an order"],
    [{ ...oneOff, shown: SHOWN }, { invoices: [{ ...untried, amountCents: 20014 }] }, noSuch, "it asks for another amount"],
    [{ ...oneOff, shown: SHOWN }, { invoices: [{ ...untried, currency: "USD" }] }, noSuch, "of another currency"],
    [{ ...oneOff, shown: SHOWN, oneOffKey: "item:curso" }, { invoices: [untried] }, noSuch, "it has a key, and that is another one's"],
    [oneOff, { invoices: [untried] }, noSuch, "it does not show what it asked for"],
    [{ ...oneOff, shown: SHOWN }, { invoices: [INVOICE] }, noSuch, "what is of a cycle is no such thing"],
  ])("%#, of %j beside %j: %s (%s)", async (order, books, found) => {
    const { needs, imported, opened } = booksOf(books);
    const booked = await importOrder(needs, showing("paid", order));
    const where = booked.is === "unmatched" ? words(booked).slice(0, found.length) : imported[0]?.invoiceId;
    expect(where).toBe(found);
    expect(opened).toEqual(found === "inv_new" ? [0] : []);
  });
});
