/** What the books know of cards: which declines bar one, which count for whom, and what a person's word clears. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import {
  barredCards,
  declinesOf,
  knownCards,
  recentTries,
  triesOf,
} from "../../src/adapters/store/billing/card-facts.ts";
import { factsBeforeOpening, payersOf } from "../../src/adapters/store/billing/charge-facts.ts";
import { cardOwner, clearCard } from "../../src/adapters/store/billing/cleared-cards.ts";
import { lastPaid, missedInvoices, unsettledInvoices } from "../../src/adapters/store/billing/subscription-facts.ts";
import { resumeUnpaid, unpaidDue } from "../../src/adapters/store/billing/unpaid-subscriptions.ts";
import { standingDisputes } from "../../src/adapters/store/records/disputes.ts";
import { bareRows } from "../support/bare-rows.ts";
import { DAY_MS, invoiceOf, later, NOW, subscriptionOf } from "../support/records.ts";

const books = bareRows();
const { put } = books;
const AT = NOW.getTime();

const CARD = { payment_source_id: "src_a", card_brand: "visa", card_last4: "1111" };
beforeEach(async () => {
  await put("plan", { id: "oro" });
  await put(
    "customer",
    { id: "cus", ...CARD, card_exp_month: 12, card_exp_year: 2030 },
    { id: "other", payment_source_id: "src_b", card_last4: "2222", deleted_at: 5 },
    { id: "cardless", payment_source_id: null },
  );
  await put("subscription", { id: "sub" }, { id: "sub_other", customer_id: "other" });
  await put("invoice", { id: "inv", cycle: 1 }, { id: "inv_paid", cycle: 0, status: "paid", paid_at: 5 });
});

describe("which cards are barred", () => {
  const never = { id: "att", invoice_id: "inv", decline_class: "never_again", ...CARD };
  const replace = { ...never, decline_class: "new_card" };
  const byDigits = { payment_source_id: null, card_last4: "1111" };
  test.each<[string, Record<string, string | number | null>, string]>([
    ["never again", never, "its bank forbade it"],
    ["never again", { ...never, customer_id: "other" }, "whoever it was charged for, it is this card"],
    ["never again", { ...never, invoice_id: "inv_paid" }, "that the invoice was paid frees no stolen card"],
    ["-", { ...never, card_cleared_at: 5 }, "a person allowed it, or it was renewed"],
    ["-", { ...never, decline_class: "retry_later" }, "such a decline bars nothing"],
    ["-", { ...never, decline_class: null }, "it was not declined"],
    ["-", { ...never, payment_source_id: "src_old" }, "it is another card"],
    ["to replace", replace, "its invoice waits for another one"],
    ["-", { ...replace, invoice_id: "inv_paid" }, "its invoice waits for nothing"],
    ["-", { ...replace, card_cleared_at: 5 }, "it was renewed"],
    ["never again", { ...never, ...byDigits }, "only the gateway named it"],
    ["never again", { ...never, ...byDigits, payment_source_id: "" }, "nothing is no id"],
    ["to replace", { ...replace, ...byDigits }, "only the gateway named it"],
    ["-", { ...never, ...byDigits, customer_id: "other" }, "digits alone say nothing of a stranger's card"],
    ["-", { ...never, ...byDigits, decline_class: "retry_later" }, "such a decline bars nothing"],
  ])("%s: %j (%s)", async (barred, attempt) => {
    await put("attempt", attempt);
    const { neverAgain = [], toReplace = [] } = (await barredCards(books.em, ["cus"])).get("cus") ?? {};
    const named = { paymentSourceId: (attempt["payment_source_id"] ?? null) as string, cardLast4: "1111" };
    expect([neverAgain, toReplace]).toEqual([
      barred === "never again" ? [named] : [],
      barred === "to replace" ? [named] : [],
    ]);
  });

  test("of several customers each has its own", async () => {
    await put("attempt", never, { ...never, id: "att_b", customer_id: "other", payment_source_id: "src_b" });
    const barred = await barredCards(books.em, ["cus", "other", "cardless"]);
    expect([...barred].map(([id, { neverAgain }]) => [id, neverAgain.map((card) => card.paymentSourceId)])).toEqual([
      ["cus", ["src_a"]],
      ["other", ["src_b"]],
    ]);
    expect([...(await barredCards(books.em, ["cus"])).keys()]).toEqual(["cus"]);
  });
});

describe("a card's declines and a customer's tries", () => {
  const decline = { invoice_id: "inv", decline_class: "retry_later", ...CARD };
  beforeEach(() =>
    put(
      "attempt",
      { id: "second", ...decline, sent_at: AT - 5, number: 2 },
      { id: "first", ...decline, sent_at: AT - 9, number: 1, invoice_id: "inv_paid" },
      { id: "unsent", ...decline, sent_at: null },
      { id: "good", ...decline, decline_class: null, sent_at: AT - DAY_MS, state: "paid" },
      { id: "strange", ...decline, payment_source_id: "src_b", customer_id: "other", sent_at: AT - 1, number: 7 },
      { id: "edge", ...decline, decline_class: null, state: "pending", sent_at: AT - DAY_MS + 1, flow: "link" },
      { id: "old", ...decline, decline_class: null, state: "sending", sent_at: AT - 9 * DAY_MS, invoice_id: "inv_old" },
    ),
  );

  test("declines are of the card, and were sent; the first comes first", async () => {
    const found = await declinesOf(books.em, ["src_a"]);
    expect([...found]).toEqual([
      [
        "src_a",
        [
          { invoiceId: "inv_paid", number: 1, sentAt: later(-9) },
          { invoiceId: "inv", number: 2, sentAt: later(-5) },
        ],
      ],
    ]);
  });

  test("tries are those of less than a day, and what is in flight, however old", async () => {
    const found = await recentTries(books.em, ["cus"], NOW);
    const sent = found.get("cus")?.map(({ state, flow, sentAt }) => [state, flow, sentAt && sentAt.getTime() - AT]);
    expect([...found.keys()]).toEqual(["cus"]);
    expect(sent?.toSorted((a, b) => Number(a[2]) - Number(b[2]))).toEqual([
      ["sending", "single", -9 * DAY_MS],
      ["pending", "link", -DAY_MS + 1],
      ["declined", "single", -9],
      ["declined", "single", -5],
    ]);
  });

  test("what is known of a default card are its own declines; without one nothing is known", async () => {
    await put("attempt", { id: "never", decline_class: "never_again", ...CARD });
    const rows = await books.all("select c.id as customer_id, c.* from customer c order by c.id");
    const known = await knownCards(books.em, rows);
    expect(known.get("cus")).toMatchObject({
      card: { paymentSourceId: "src_a", cardLast4: "1111", cardExpMonth: 12, cardExpYear: 2030 },
      ...{ isDeleted: false, neverAgain: [{ cardLast4: "1111" }], declines: [{ number: 1 }, { number: 2 }] },
    });
    expect(known.get("other")).toMatchObject({ isDeleted: true, declines: [{ number: 7 }] });
    expect(known.get("cardless")).toMatchObject({ isDeleted: false, declines: [], toReplace: [] });
  });

  test("who pays comes with all that is known, and with when to ask again", async () => {
    await put(
      "read_failure",
      { id: "cus", kind: "customer", failed_at: 10, next_read_at: 11 },
      { id: "cus", kind: "charge", next_read_at: 12 },
      { id: "other", kind: "charge", next_read_at: 13 },
    );
    await put("attempt", { id: "never", invoice_id: "inv", decline_class: "never_again", ...CARD });
    const payers = await payersOf(books.em, ["cus", "other", "cardless"], NOW);
    expect(payers.get("cus")).toMatchObject({
      ...{ isDeleted: false, nextReadAt: new Date(11), readFailedAt: new Date(10), nextChargeAt: new Date(12) },
      ...{ declines: [{ number: 1 }, { number: 2 }], neverAgain: [{ paymentSourceId: "src_a" }] },
    });
    expect(payers.get("cus")?.tries).toHaveLength(4);
    expect(payers.get("other")).toMatchObject({
      ...{ isDeleted: true, nextReadAt: null, nextChargeAt: new Date(13), declines: [{ number: 7 }], tries: [{}] },
    });
    expect(payers.get("cardless")).toMatchObject({ declines: [], tries: [], neverAgain: [], toReplace: [] });
  });

  test("the tries of an invoice are all of it, with pages that are to be closed", async () => {
    await put("payment_link", { id: "lnk", attempt_id: "edge", invoice_id: "inv", cancel_requested_at: 5 });
    await put("payment_link", { id: "lnk_2", attempt_id: "second", invoice_id: "inv", cancel_requested_at: null });
    await put("attempt", { id: "cleared", ...decline, card_cleared_at: 5, state: "released" });
    const tries = (await triesOf(books.em, ["inv"])).get("inv") ?? [];
    const words = tries.map(({ state, isCleared, isClosing }) => [state, isCleared, isClosing].join(" "));
    expect(words.toSorted()).toEqual([
      ...["declined false false", "declined false false", "declined false false", "paid false false"],
      ...["pending false true", "released true false"],
    ]);
    expect([...(await triesOf(books.em, ["inv_paid"])).keys()]).toEqual(["inv_paid"]);
  });
});

describe("whose a card is, and clearing it", () => {
  beforeEach(() =>
    put(
      "attempt",
      { id: "a_old", customer_id: "other", payment_source_id: "src_old", card_last4: "9", decline_class: "new_card" },
      { id: "a_good", customer_id: "other", payment_source_id: "src_good", card_last4: "8", decline_class: null },
      { id: "a_now", customer_id: "other", payment_source_id: "src_a", card_last4: "7", decline_class: "new_card" },
    ),
  );

  test.each<[string, string | null, string | null, string]>([
    ["src_b", "other", "2222", "it is a default"],
    ["src_old", "other", "9", "it was declined"],
    ["src_a", "cus", "1111", "whose default it is comes before whose it was"],
    ["src_good", null, null, "it was never declined, and is nobody's default"],
    ["src_x", null, null, "nobody knows it"],
  ])("%s is %s's, %s (%s)", async (paymentSourceId, customerId, cardLast4) => {
    const expected = customerId === null ? null : { paymentSourceId, customerId, cardLast4 };
    expect(await cardOwner(books.em, paymentSourceId)).toEqual(expected);
  });

  test("every decline of the card of the named classes is cleared, once, and no other", async () => {
    const decline = { invoice_id: "inv", decline_class: "never_again", ...CARD };
    await put(
      "attempt",
      { id: "b_never", ...decline },
      { id: "b_digits", ...decline, decline_class: "new_card", payment_source_id: null },
      { id: "b_other_card", ...decline, payment_source_id: "src_z" },
      { id: "b_other_class", ...decline, decline_class: "retry_later" },
      { id: "b_stranger", ...decline, customer_id: "other" },
      { id: "b_before", ...decline, card_cleared_at: 5 },
    );
    const card = { paymentSourceId: "src_a", customerId: "cus", cardLast4: "1111" };
    expect(await clearCard(books.em, card, ["never_again", "new_card"], NOW)).toBe(2);
    expect(await clearCard(books.em, card, ["never_again", "new_card"], later(1))).toBe(0);
    const cleared = await books.all(
      "select id, card_cleared_at as at from attempt where card_cleared_at is not null order by id",
    );
    expect(cleared).toEqual([
      { id: "b_before", at: 5 },
      { id: "b_digits", at: AT },
      { id: "b_never", at: AT },
    ]);
  });
});

test("one decline is cleared as well", async () => {
  await put("attempt", { id: "never", decline_class: "never_again", ...CARD });
  const card = { paymentSourceId: "src_a", customerId: "cus", cardLast4: "1111" };
  expect(await clearCard(books.em, card, ["never_again"], NOW)).toBe(1);
});

describe("unpaid subscriptions", () => {
  beforeEach(() =>
    put(
      "subscription",
      { id: "u2", status: "unpaid", next_billing_at: AT, customer_id: "cus" },
      { id: "u1", status: "unpaid", next_billing_at: AT, customer_id: "other" },
      { id: "u0", status: "unpaid", next_billing_at: AT + 1, customer_id: "cus" },
      { id: "u3", status: "unpaid", next_billing_at: AT - 1, customer_id: "other" },
      { id: "u4", status: "active", next_billing_at: AT, customer_id: "cus" },
      { id: "u5", status: "unpaid", next_billing_at: null, customer_id: "cardless" },
    ),
  );

  test("those whose cycle is due come with how well their customer is known, the longest due first", async () => {
    await put(
      "read_failure",
      { id: "other", kind: "customer", failures: 3, failed_since: 9, failed_at: 10, next_read_at: 11 },
      { id: "cus", kind: "charge", failures: 4, failed_since: 8 },
    );
    await books.execute("update customer set read_at = 6 where id = 'cus'");
    const failure = { failures: 3, failedSince: new Date(9), failedAt: new Date(10), nextReadAt: new Date(11) };
    const failing = { customerId: "other", customer: { readAt: null, failure } };
    expect(await unpaidDue(books.em, NOW)).toEqual([
      { subscriptionId: "u3", dueAt: new Date(AT - 1), ...failing },
      { subscriptionId: "u1", dueAt: new Date(AT), ...failing },
      {
        subscriptionId: "u2",
        dueAt: new Date(AT),
        customerId: "cus",
        customer: { readAt: new Date(6), failure: null },
      },
    ]);
  });

  test("a card that failed for none of its written-off invoices resumes one", async () => {
    await put(
      "invoice",
      { id: "off_0", subscription_id: "u0", cycle: 0, status: "uncollectible" },
      { id: "off_2", subscription_id: "u2", cycle: 0, status: "uncollectible" },
      { id: "void_2", subscription_id: "u2", cycle: 1, status: "void" },
    );
    await put(
      "attempt",
      { id: "x0", invoice_id: "off_0", payment_source_id: "src_a", decline_class: "retry_later" },
      { id: "x2", invoice_id: "off_2", payment_source_id: "src_old", decline_class: "retry_later" },
      { id: "y2", invoice_id: "void_2", payment_source_id: "src_a", decline_class: "retry_later" },
    );
    expect(await resumeUnpaid(books.em, "cus", NOW)).toEqual([
      {
        ...{ type: "subscription.resumed", customerId: "cus", subscriptionId: "u2" },
        data: { was: "unpaid", because: "new_card" },
      },
    ]);
    const statusOf = async () => await books.all("select id, status from subscription where id like 'u%' order by id");
    expect((await statusOf()).map(({ status }) => status)).toEqual([
      ...["unpaid", "unpaid", "active", "unpaid", "active", "unpaid"],
    ]);
    // The customer is gone, or has no card.
    expect([await resumeUnpaid(books.em, "other", NOW), await resumeUnpaid(books.em, "cardless", NOW)]).toEqual([
      [],
      [],
    ]);
  });

  test("one alone is resumed as well; of a customer without any nothing else is asked", async () => {
    await books.execute("update subscription set status = 'active' where id = 'u0'");
    expect(await resumeUnpaid(books.em, "cus", NOW)).toMatchObject([{ subscriptionId: "u2" }]);
    expect(await books.statements((em) => resumeUnpaid(em, "cus", NOW))).toBe(1);
  });

  test("a card that may never be charged again resumes nothing", async () => {
    await put("attempt", { id: "x", invoice_id: "inv", decline_class: "never_again", ...CARD });
    expect(await resumeUnpaid(books.em, "cus", NOW)).toEqual([]);
  });
});

describe("a subscription's other invoices", () => {
  beforeEach(() =>
    put(
      "invoice",
      { id: "held", cycle: 2, status: "held", status_reason: "refused", reopened_from: "refused", missed: 1 },
      { id: "off", cycle: 3, status: "uncollectible", first_declined_at: 7, dunning_step: "retry" },
      { id: "void", cycle: 4, status: "void", missed: 1, next_attempt_at: 8 },
      { id: "theirs", subscription_id: "sub_other", customer_id: "other", cycle: 1, missed: 1, next_attempt_at: 9 },
      { id: "free", cycle: 5, status: "paid", amount_cents: 0, paid_at: 90 },
      { id: "dear", cycle: 6, status: "paid", amount_cents: 900, paid_at: 60 },
      { id: "dear_2", cycle: 7, status: "paid", amount_cents: 900, paid_at: 70 },
      { id: "not_paid", cycle: 8, status: "void", paid_at: 80 },
    ),
  );

  test("those that are neither paid nor void, with an attempt that may still move money", async () => {
    await put(
      "attempt",
      { id: "a1", invoice_id: "held", state: "unknown" },
      { id: "a2", invoice_id: "held", state: "declined" },
      { id: "a3", invoice_id: "off", state: "declined" },
    );
    const unsettled = await unsettledInvoices(books.em, ["sub"]);
    const words = unsettled
      .get("sub")
      ?.map(({ cycle, status, openAttempt, missed }) => [cycle, status, openAttempt, missed]);
    expect(words?.toSorted((a, b) => Number(a[0]) - Number(b[0]))).toEqual([
      [1, "open", null, false],
      [2, "held", "unknown", true],
      [3, "uncollectible", null, false],
    ]);
    expect([...unsettled.keys()]).toEqual(["sub"]);
  });

  test("when it was last paid: what was free, void or another's counts for nothing", async () => {
    await put("invoice", { id: "t", subscription_id: "sub_other", cycle: 2, status: "paid", paid_at: 99 });
    expect([...(await lastPaid(books.em, ["sub"]))]).toEqual([["sub", new Date(70)]]);
    expect([...(await lastPaid(books.em, ["sub_none"]))]).toEqual([]);
  });

  test("what was missed comes in the order of its cycles, each with its tries", async () => {
    await put(
      "attempt",
      { id: "a1", invoice_id: "held", state: "declined", sent_at: 5, claimed_at: 4 },
      { id: "a2", invoice_id: "held", state: "released", sent_at: null, claimed_at: 6 },
    );
    await put("invoice", { id: "early", cycle: -1, missed: 1 });
    const missed = await missedInvoices(books.em, ["sub", "sub_other"]);
    expect(missed.get("sub")?.map(({ cycle, tries }) => [cycle, tries.length])).toEqual([
      [-1, 0],
      [2, 2],
      [4, 0],
    ]);
    const tries = missed.get("sub")?.[1]?.tries.toSorted((a, b) => Number(a.claimedAt) - Number(b.claimedAt));
    expect(tries).toEqual([
      { state: "declined", flow: "single", sentAt: new Date(5), claimedAt: new Date(4) },
      { state: "released", flow: "single", sentAt: null, claimedAt: new Date(6) },
    ]);
    expect(missed.get("sub_other")?.map(({ nextAttemptAt }) => nextAttemptAt)).toEqual([new Date(9)]);
  });

  test("disputes say when they were closed, and when the subscription was last paid", async () => {
    await put(
      "dispute",
      { id: "d1", charge_id: "c1", invoice_id: "inv" },
      { id: "d0", charge_id: "c0", invoice_id: "held", outcome: "lost", closed_at: 69 },
      { id: "d2", charge_id: "c2", invoice_id: "held", outcome: "lost", closed_at: 90 },
      { id: "d3", charge_id: "c3", invoice_id: "inv", outcome: "won", closed_at: 1 },
      { id: "d4", charge_id: "c4", invoice_id: "theirs", subscription_id: "sub_other", outcome: "lost", closed_at: 1 },
    );
    const standing = await standingDisputes(books.em, ["sub", "sub_other"]);
    const lastPaidAt = new Date(90);
    expect(standing.get("sub")).toEqual([
      { id: "d0", outcome: "lost", cycle: 2, closedAt: new Date(69), lastPaidAt },
      { id: "d1", outcome: "open", cycle: 1, closedAt: null, lastPaidAt },
      { id: "d2", outcome: "lost", cycle: 2, closedAt: new Date(90), lastPaidAt },
      { id: "d3", outcome: "won", cycle: 1, closedAt: new Date(1), lastPaidAt },
    ]);
    expect(standing.get("sub_other")).toEqual([
      { id: "d4", outcome: "lost", cycle: 1, closedAt: new Date(1), lastPaidAt: null },
    ]);
  });

  test("of an invoice that is not open yet nothing has been told; of a subscription that is gone there are no facts", async () => {
    const invoice = invoiceOf(subscriptionOf("sub"), 9);
    const facts = await factsBeforeOpening(books.em, [invoice, { ...invoice, subscriptionId: "sub_gone" }], NOW);
    expect(facts).toMatchObject([{ isWaitTold: false, subscriptionId: "sub", invoice: { timeZone: "UTC" } }]);
  });
});

describe("of nobody", () => {
  const NOTHING_IS_ASKED = null as unknown as typeof books.em;
  test.each<[string, () => Promise<unknown>]>([
    ["barred cards", () => barredCards(NOTHING_IS_ASKED, [])],
    ["declines", () => declinesOf(NOTHING_IS_ASKED, [])],
    ["tries", () => recentTries(NOTHING_IS_ASKED, [], NOW)],
    ["payers", () => payersOf(NOTHING_IS_ASKED, [], NOW)],
    ["invoices", () => unsettledInvoices(NOTHING_IS_ASKED, [])],
    ["payments", () => lastPaid(NOTHING_IS_ASKED, [])],
    ["missed invoices", () => missedInvoices(NOTHING_IS_ASKED, [])],
    ["disputes", () => standingDisputes(NOTHING_IS_ASKED, [])],
    ["facts", async () => new Map((await factsBeforeOpening(NOTHING_IS_ASKED, [], NOW)).map((each) => [each, each]))],
  ])("no statement is sent for %s", async (_what, ask) => {
    expect(await ask()).toEqual(new Map());
  });
});
