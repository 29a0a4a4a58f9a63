/** Sending, settling, opening and what waits, in the tables: each condition of what is read and written, alone. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import type { ClaimDecision, DueInvoice, OpeningBatch, SettleFacts } from "../../src/application/ports/charging.ts";
import { seededRandom } from "../../src/adapters/random.ts";
import { duePlaces, dueInvoices, isAnyDue } from "../../src/adapters/store/billing/charge-facts.ts";
import { claim, claimedAttempts, claimedById, markSending } from "../../src/adapters/store/billing/claims.ts";
import { dueSubscriptions, dueSubscriptionsOf, open } from "../../src/adapters/store/billing/due-subscriptions.ts";
import { writeChanges } from "../../src/adapters/store/billing/invoice-changes.ts";
import { settleBatch } from "../../src/adapters/store/billing/outcomes.ts";
import { refreshStatuses } from "../../src/adapters/store/billing/subscription-status.ts";
import { asTheyWere, giveBack, takeAgain, waitingOf, writeUses } from "../../src/adapters/store/billing/waiting.ts";
import type { Evidence, Payment } from "../../src/domain/attempt.ts";
import { NO_USES, type Uses } from "../../src/domain/invoice-content.ts";
import { transition, type InvoiceBefore } from "../../src/domain/invoice-transition.ts";
import type { AttemptChange, Settlement } from "../../src/domain/settle/settlement.ts";
import { bareRows, words } from "../support/bare-rows.ts";
import { DAY_MS, HOUR_MS, invoiceOf, later, NOW, subscriptionOf } from "../support/records.ts";

const books = bareRows();
const { put, execute } = books;
const AT = NOW.getTime();
const OWNER = { id: "own", epoch: 1 };
let drawn = 0;
const random = () => seededRandom((drawn += 1));
const TRACE = { httpStatus: 200, logId: "log", because: "said the test" };

beforeEach(async () => {
  await put("installation", { livemode: 1 });
  await put("node", { id: "own", epoch: 1 });
  await put("plan", { id: "oro", catch_up: "oldest_first" });
  await put(
    "customer",
    { id: "cus", payment_source_id: "src_a", card_last4: "1111", card_brand: "visa", read_at: 3 },
    { id: "other", payment_source_id: "src_b", card_last4: "2222", read_at: 3 },
  );
  await put("subscription", { id: "sub" }, { id: "sub_2" });
});

describe("committing that charges are about to be sent", () => {
  const CLAIMED = { state: "claimed", amount_cents: 500 };
  beforeEach(async () => {
    for (const [at, id] of ["a", "b", "c", "d"].entries()) {
      await put("invoice", { id: `i_${id}`, cycle: at, order_id: id === "b" ? "ord_old" : null });
      const flow = id === "c" ? "single" : "order_first";
      await put("attempt", { id, invoice_id: `i_${id}`, customer_id: `cus_${id}`, flow, ...CLAIMED });
    }
  });
  const send = async (orderIds: Record<string, string | null>, change: object = {}) => {
    const items = Object.entries(orderIds).map(([attemptId, orderId]) => ({ attemptId, orderId }));
    return [...(await markSending(books.em, OWNER, items, { now: NOW, leaseMs: 60_000, isAgain: false, ...change }))];
  };

  test("an order belongs to its invoice, where tries share it and there was none", async () => {
    expect((await send({ a: "o_a", b: "o_b", c: "o_c", d: null })).toSorted()).toEqual(["a", "b", "c", "d"]);
    expect(words(await books.all("select id, order_id from invoice order by id"))).toEqual([
      ...["i_a o_a", "i_b ord_old", "i_c null", "i_d null"],
    ]);
    const sent = await books.all("select id, state, order_id, sent_at, claimed_until from attempt order by id");
    expect(words(sent)[2]).toBe(`c sending o_c ${AT} ${AT + 60_000}`);
  });

  test("without orders no invoice is written; with a limit of the hour others wait, and what was sent is counted", async () => {
    const sent = async (options: object) =>
      await books.statements((em) =>
        markSending(em, OWNER, [{ attemptId: "a", orderId: null }], {
          ...{ now: NOW, leaseMs: 60_000, isAgain: false },
          ...options,
        }),
      );
    expect(await sent({})).toBe(1);
    expect(await sent({ hourly: { maxCharges: 9, maxAmountCents: null } })).toBe(5);
  });

  test("a batch that names orders alone gives each invoice its own", async () => {
    await send({ a: "o_a" });
    expect(words(await books.all("select order_id from invoice where id = 'i_a'"))).toEqual(["o_a"]);
  });

  test.each<[is: "sent" | "not", change: string, because: string]>([
    ["sent", "select 1", "it is ours"],
    ["not", "update attempt set state = 'released' where id = 'a'", "it was given up"],
    ["not", "update attempt set state = 'sending', sent_at = 5 where id = 'a'", "it was sent"],
    ["not", "update attempt set claimed_by = 'x' where id = 'a'", "another claimed it"],
    ["not", "update attempt set claim_epoch = 2 where id = 'a'", "it was claimed after us"],
    ["not", "update node set epoch = 2; update installation set epoch = 2", "we were succeeded"],
    ["not", "delete from node; update installation set epoch = 2", "we are nobody"],
    ["not", "insert into halt (kind, halted_at, reason) values ('person', 1, 'test')", "charging is halted"],
    ["not", "update invoice set status = 'void' where id = 'i_a'", "nothing is owed any more"],
    ["not", "update invoice set void_when_settled = 'person' where id = 'i_a'", "it is to become void"],
    ["not", "update invoice set id = 'gone' where id = 'i_a'", "its invoice is gone"],
  ])("a claim is %s after: %s (%s)", async (is, change) => {
    await execute(change);
    expect(await send({ a: "o_a" })).toEqual(is === "sent" ? ["a"] : []);
  });

  test("what was committed by this very call, unanswered, is ours still; what others commit is not", async () => {
    await execute(`update attempt set state = 'sending', sent_at = ${AT} where id in ('a', 'b')`);
    await execute(`update attempt set sent_at = ${AT - 1} where id = 'b'`);
    const three = { a: null, b: null, c: null };
    expect((await send(three, { isAgain: true })).toSorted()).toEqual(["a", "c"]);
    expect(await send({ a: null }, { isAgain: false })).toEqual([]);
  });

  test.each<[number, object, string]>([
    [3, { maxCharges: null, maxAmountCents: null }, "no limit"],
    [1, { maxCharges: 3, maxAmountCents: null }, "two were sent within the hour"],
    [0, { maxCharges: 2, maxAmountCents: null }, "as many as may be"],
    [2, { maxCharges: 4, maxAmountCents: null }, "each counts once"],
    [
      2,
      { maxCharges: null, maxAmountCents: 2000 },
      "a thousand cents were sent within the hour, and two more are as many as may be",
    ],
    [1, { maxCharges: null, maxAmountCents: 1999 }, "a cent less"],
  ])("of three %i may be sent: %j (%s)", async (count, hourly) => {
    const sent = { state: "declined", invoice_id: "i_x" };
    await put(
      "attempt",
      { id: "s1", ...sent, claimed_at: AT - 2 * HOUR_MS + 1, sent_at: AT - HOUR_MS + 1 },
      { id: "s2", ...sent, claimed_at: AT, sent_at: AT },
      { id: "s3", ...sent, claimed_at: AT - HOUR_MS, sent_at: AT - HOUR_MS },
      { id: "s4", ...sent, claimed_at: AT, sent_at: null },
    );
    expect(await send({ a: null, b: null, c: null }, { hourly })).toHaveLength(count);
  });
});

describe("claiming", () => {
  const PAGE = { now: NOW, leaseMs: 60_000, flow: "single", after: null, limit: 9 } as const;
  beforeEach(async () => {
    await put(
      "invoice",
      { id: "inv", cycle: 1, next_attempt_at: AT },
      { id: "two", cycle: 1, next_attempt_at: AT, subscription_id: "sub_2", customer_id: "other" },
    );
    await put("attempt", { id: "t1", number: 1 }, { id: "t2", number: 2 });
  });
  const decided = async (
    decide: (id: string, facts: DueInvoice) => ClaimDecision,
    { meanwhile = "select 1", flow = "single" }: { meanwhile?: string; flow?: "single" | "order_first" } = {},
  ) => {
    const seen: string[] = [];
    const found = await claim(
      books.em,
      OWNER,
      { ...PAGE, flow },
      (due) => {
        // What others commit between the reading and the writing.
        books.atOnce(meanwhile);
        seen.push(...due.map(({ invoice }) => invoice.id));
        return due.map((facts) => decide(facts.invoice.id, facts));
      },
      random(),
    );
    return { ...found, seen };
  };
  const invoiceIds = ({ claimed }: Awaited<ReturnType<typeof claim>>) => claimed.map(({ intent }) => intent.invoiceId);

  test("makes the next try of each that is to be charged, with the card of its customer, for as long as a lease", async () => {
    const found = await decided((id) => (id === "inv" ? "charge" : "leave"), { flow: "order_first" });
    expect([found.seen, invoiceIds(found), found.moved]).toEqual([["inv", "two"], ["inv"], []]);
    expect(found.claimed[0]).toMatchObject({ number: 3, flow: "order_first", orderId: null });
    expect(await books.all("select * from attempt where number = 3")).toMatchObject([
      {
        ...{ id: found.claimed[0]?.attemptId, invoice_id: "inv", customer_id: "cus", state: "claimed" },
        ...{ reference: "inv-3", flow: "order_first", amount_cents: 500, currency: "MXN", order_id: null },
        ...{ payment_source_id: "src_a", card_brand: "visa", card_last4: "1111", claimed_by: "own", claim_epoch: 1 },
        ...{ claimed_at: AT, claimed_until: AT + 60_000, inquiries: 0, evidence: "[]", sent_at: null },
      },
    ]);
    expect(words(await books.all("select id, next_attempt_at from invoice order by id"))).toEqual([
      ...["inv null", `two ${AT}`],
    ]);
  });

  test("makes the first try of one that has none, and all in the order of the choice", async () => {
    await execute("delete from attempt where invoice_id = 'inv'; update attempt set number = 9, invoice_id = 'x'");
    const found = await decided(() => "charge");
    expect(found.claimed.map(({ number, intent }) => `${intent.invoiceId} ${number}`)).toEqual(["inv 1", "two 1"]);
  });

  test("writes what goes on without a charge, and only that", async () => {
    const found = await decided((id, { invoice }) => (id === "two" ? held(invoice) : "leave"));
    expect([found.claimed, found.moved.map(({ invoiceId }) => invoiceId)]).toEqual([[], ["two"]]);
    expect(words(await books.all("select id, status from invoice order by id"))).toEqual(["inv open", "two held"]);
    expect(await books.all("select 1 as one from attempt where state = 'claimed'")).toEqual([]);
  });

  test.each<[is: "claimed" | "not", meanwhile: string, because: string]>([
    ["claimed", "select 1", "nothing was changed"],
    ["not", "update invoice set status = 'void' where id = 'inv'", "nothing is owed any more"],
    ["not", `update invoice set next_attempt_at = ${AT + 1} where id = 'inv'`, "it is due later"],
    ["claimed", `update invoice set next_attempt_at = ${AT - 1} where id = 'inv'`, "it was due before"],
    ["not", "update invoice set next_attempt_at = null where id = 'inv'", "another has claimed it"],
    ...(["claimed", "sending", "pending", "unknown"] as const).map((state): ["not", string, string] => [
      "not",
      `update attempt set state = '${state}', sent_at = 5 where id = 't2'`,
      "money may still move",
    ]),
    ["claimed", "update attempt set state = 'released' where id = 't2'", "no money can move any more"],
    ["claimed", "update attempt set state = 'unknown', invoice_id = 'x', sent_at = 5 where id = 't2'", "another's try"],
  ])("is %s where others commit meanwhile: %s (%s)", async (is, meanwhile) => {
    const found = await decided(() => "charge", { meanwhile });
    expect(invoiceIds(found)).toEqual(is === "claimed" ? ["inv", "two"] : ["two"]);
    const made = await books.all(`select 1 as one from attempt where claimed_at = ${AT} and invoice_id = 'inv'`);
    expect(made).toHaveLength(is === "claimed" ? 1 : 0);
  });

  test.each<[asked: boolean, change: string, because: string]>([
    [true, "select 1", "we may"],
    [false, "insert into halt (kind, halted_at, reason) values ('person', 1, 'test')", "charging is halted"],
    [false, "update node set epoch = 2; update installation set epoch = 2", "we were succeeded"],
  ])("is asked for: %s, after: %s (%s)", async (asked, change) => {
    await execute(change);
    const found = await decided(() => "charge");
    expect([found.seen.length > 0, found.claimed.length > 0]).toEqual([asked, asked]);
  });

  test("what is claimed is read again to be asked about; damaged, it is not charged, and still asked about", async () => {
    await execute("update invoice set line_items = '{' where id = 'inv'");
    expect((await claimedAttempts(books.em, ["t1"])).get("t1")?.intent.lineItems).toEqual([]);
    await expect(claimedById(books.em, "t1")).rejects.toThrow(SyntaxError);
    expect([await claimedById(books.em, "none"), (await claimedAttempts(books.em, ["none"])).size]).toEqual([null, 0]);
  });

  function held(invoice: InvoiceBefore): ClaimDecision {
    const change = transition(invoice, { status: "held", statusReason: "refused" });
    return { event: "invoice.held", invoice: change, finalAction: null };
  }
});

describe("settling", () => {
  const PAYMENT: Payment = {
    ...{ orderId: "o", chargeId: "c", amountCents: 500, currency: "MXN", customerId: null, livemode: true },
    ...{ paidAt: later(-5), feeCents: 7, authCode: "A", cardBrand: null, cardLast4: null, paymentMethod: "card" },
  };
  const CHANGE: AttemptChange = {
    ...{ state: "paid", orderId: "o", chargeId: "c", inquiries: 2, nextInquiryAt: null, settledAt: NOW },
    ...{ decline: null, payment: PAYMENT, trace: TRACE, card: null, link: null },
  };
  const seen: SettleFacts[] = [];
  beforeEach(async () => {
    seen.splice(0);
    await put("invoice", { id: "inv", cycle: 1 }, { id: "inv_2", cycle: 2, subscription_id: "sub_2" });
  });
  /** All of them alike. */
  const settle = async (
    attemptIds: readonly string[],
    given: Partial<AttemptChange> | null | ((facts: SettleFacts) => Partial<AttemptChange> | null),
    rest: Partial<Settlement> = {},
    evidence: Evidence = { kind: "released" },
  ) =>
    await settleBatch(
      books.em,
      attemptIds.map((attemptId) => ({ attemptId, evidence })),
      NOW,
      (facts) => {
        seen.push(facts);
        const change = typeof given === "function" ? given(facts) : given;
        if (change === null) return null;
        const invoice = transition(facts.invoice);
        return { attempt: { ...CHANGE, ...change }, invoice, event: "attempt.pending", finalAction: null, ...rest };
      },
      random(),
    );
  const attemptOf = async (id = "att") => (await books.all(`select * from attempt where id = '${id}'`))[0];

  test("what another attempt of the invoice did is told, and what this one or a stranger did is not", async () => {
    await put(
      "attempt",
      { id: "a1", state: "unknown" },
      { id: "a2", state: "paid" },
      { id: "b1", invoice_id: "inv_2", state: "declined" },
    );
    for (const id of ["a1", "a2", "b1"]) await settle([id], null);
    expect(seen.map(({ invoice }) => [invoice.paidByAnother, invoice.openElsewhere])).toEqual([
      [true, false],
      [false, true],
      [false, false],
    ]);
    expect(seen[0]).toMatchObject({ livemode: true, dunning: "standard", invoice: { cardLast4Now: "1111" } });
  });

  test.each([
    [null, null],
    [0, false],
    [1, true],
  ])("the mode %p is told as %p", async (livemode, told) => {
    await execute(`update installation set livemode = ${livemode}`);
    await put("attempt", { id: "att", state: "sending" });
    await settle(["att"], null);
    expect(seen[0]?.livemode).toBe(told);
  });

  test("of a page its end, its address and its closing are told", async () => {
    await put("attempt", { id: "att", flow: "link", state: "pending" }, { id: "two", flow: "link", state: "lapsed" });
    await put(
      "payment_link",
      {
        id: "l",
        attempt_id: "att",
        invoice_id: "inv",
        expires_at: 9,
        url: "https://x",
        cancel_because: "person",
        cancel_requested_at: 8,
      },
      { id: "l2", attempt_id: "two", invoice_id: "inv", expires_at: 7 },
    );
    await settle(["att"], null);
    await settle(["two"], null);
    expect(seen.map(({ attempt }) => attempt)).toMatchObject([
      { linkExpiresAt: new Date(9), linkEnd: "person", linkEndAt: new Date(8), linkIsPublished: true },
      { linkExpiresAt: new Date(7), linkEnd: null, linkEndAt: null, linkIsPublished: false },
    ]);
  });

  test.each<[isOther: boolean, charged: object, because: string]>([
    [true, { payment_source_id: "src_old" }, "the default is another one by now"],
    [false, { payment_source_id: "src_a" }, "it is the default"],
    [false, { payment_source_id: null }, "nobody knows which it was"],
  ])("another card by now: %p, %j (%s)", async (isOther, charged) => {
    await put("attempt", { id: "att", state: "sending", ...charged }, { id: "b", payment_source_id: "src_old" });
    await put("attempt", { id: "c", invoice_id: "inv_2", payment_source_id: "src_a" });
    await settle(["att"], null);
    expect(seen[0]?.invoice.isOtherCardNow).toBe(isOther);
  });

  test.each<[isOther: boolean, tried: object, because: string]>([
    [false, { payment_source_id: "src_a" }, "the default was tried for this invoice"],
    [false, { payment_source_id: null, card_last4: "1111" }, "the gateway named it before its id was known"],
    [true, { payment_source_id: "src_a", state: "released" }, "it was never sent"],
    [true, { payment_source_id: "src_a", card_cleared_at: 5 }, "what was tried then holds no more"],
  ])("another card, new to the invoice: %p, beside %j (%s)", async (isOther, tried) => {
    await put("attempt", { id: "att", state: "sending", payment_source_id: "src_old" }, { id: "b", ...tried });
    await settle(["att"], null);
    expect(seen[0]?.invoice.isOtherCardNow).toBe(isOther);
  });

  test("of an attempt that nobody knows nothing is asked, and nothing is written", async () => {
    const [settled] = await settle(["none"], {});
    expect([seen, settled]).toEqual([[], { attemptId: "none", invoiceId: "", settlement: null }]);
  });

  test("each change is told in its order: of the attempt, then what ends with it, then of the subscription", async () => {
    await put("attempt", { id: "att", state: "sending" });
    await settle(["att"], { state: "pending", payment: null });
    const told = await books.all("select type, customer_id, subscription_id, invoice_id, attempt_id from event");
    expect(words(told)).toEqual(["attempt.pending cus sub inv att"]);
    await settle(["att"], null);
    expect(await books.all("select 1 as one from event")).toHaveLength(1);
  });

  test("of a charge of the default card, about which nothing was learned, nothing else is asked", async () => {
    await put("attempt", { id: "att", state: "sending", payment_source_id: "src_a" });
    const items = [{ attemptId: "att", evidence: { kind: "released" } as const }];
    expect(await books.statements((em) => settleBatch(em, items, NOW, () => null, random()))).toBe(1);
  });

  test("only of a page that is over it is asked whether a card was never tried", async () => {
    const page = { flow: "link", state: "pending" };
    await put("attempt", { id: "att", ...page }, { id: "b", invoice_id: "inv_2", ...page });
    for (const id of ["att", "b"]) await put("payment_link", { id, attempt_id: id, invoice_id: "inv" });
    const lapsed = { kind: "lapsed", orderId: "o", trace: TRACE } as const;
    await settle(["att"], null, {}, lapsed);
    await settle(["b"], null);
    await put("attempt", { id: "c", payment_source_id: "src_a", decline_class: "retry_later", sent_at: 5 });
    await settle(["att"], null, {}, lapsed);
    await execute("update customer set payment_source_id = null, card_last4 = null, card_brand = null");
    await settle(["b"], null, {}, lapsed);
    expect(seen.map(({ invoice }) => invoice.hasUntriedCard)).toEqual([true, false, false, false]);
  });

  test.each<[taken: readonly string[], other: object, because: string]>([
    [["c"], { charge_id: "c" }, "another attempt has the charge"],
    [["o"], { order_id: "o" }, "another attempt has the order"],
    [["c", "o"], { charge_id: "c", order_id: "o" }, "it has both"],
    [[], { order_id: "o", flow: "order_first" }, "tries of one invoice share theirs"],
  ])("taken by others: %j of %j (%s)", async (taken, other) => {
    await put("attempt", { id: "att", state: "sending" }, { id: "b", ...other });
    await settle(["att"], null, {}, { kind: "paid", payment: PAYMENT, trace: TRACE });
    expect(seen[0]?.attempt.idsOfOthers.toSorted()).toEqual(taken);
  });

  test("what an attempt holds itself is taken by nobody else, however often it is told", async () => {
    await put("attempt", { id: "att", state: "unknown", order_id: "o", charge_id: "c" });
    await settle(["att", "att"], null, {}, { kind: "paid", payment: PAYMENT, trace: TRACE });
    expect(seen.map(({ attempt }) => attempt.idsOfOthers)).toEqual([[], []]);
    // A charge has no page.
    expect(Object.keys(seen[0]?.attempt ?? {}).filter((key) => key.startsWith("link"))).toEqual([]);
  });

  test("in one batch only of the page that is over it is asked whether a card was never tried", async () => {
    const page = { flow: "link", state: "pending" };
    await put("attempt", { id: "att", ...page }, { id: "b", invoice_id: "inv_2", ...page });
    for (const id of ["att", "b"]) await put("payment_link", { id, attempt_id: id, invoice_id: "inv" });
    const items = [
      { attemptId: "att", evidence: { kind: "lapsed", orderId: "o", trace: TRACE } },
      { attemptId: "b", evidence: { kind: "released" } },
    ] as const;
    await settleBatch(books.em, items, NOW, (facts) => (seen.push(facts), null), random());
    expect(seen.map(({ invoice }) => invoice.hasUntriedCard)).toEqual([true, false]);
  });

  test("an invoice that becomes void by it gives back what it used, and one that is paid after all has it again", async () => {
    await put("item", { id: "i", key: "k", invoice_id: "inv" });
    await execute("update invoice set balance_cents = 7 where id = 'inv'");
    await put("attempt", { id: "att", state: "sending" });
    const change = (facts: SettleFacts, move: Parameters<typeof transition>[1]) => ({
      ...({ attempt: CHANGE, event: "attempt.pending", finalAction: null } as const),
      invoice: transition(facts.invoice, move),
    });
    const settleOne = async (attemptId: string, move: Parameters<typeof transition>[1]) =>
      await settleBatch(
        books.em,
        [{ attemptId, evidence: { kind: "released" } }],
        NOW,
        (facts) => change(facts, move),
        random(),
      );
    const used = async () => [
      ...words(await books.all("select invoice_id, last_invoice_id from item")),
      ...words(await books.all("select kind, amount_cents, number from balance_entry")),
    ];
    await settleOne("att", { status: "void", statusReason: "canceled" });
    expect(await used()).toEqual(["null inv", "returned 7 1"]);
    await execute("update attempt set charge_id = null, order_id = null, state = 'declined'");
    await put("attempt", { id: "b", state: "unknown" });
    await settleOne("b", { status: "paid", paidAt: NOW });
    expect((await used())[0]).toBe("inv null");
  });

  test("of two in one batch the second finds the ids taken twice", async () => {
    await put(
      "attempt",
      { id: "a", state: "sending" },
      { id: "b", invoice_id: "inv_2", customer_id: "other", state: "sending" },
    );
    await settle(["a", "b"], null, {}, { kind: "paid", payment: PAYMENT, trace: TRACE });
    expect(seen.map(({ attempt }) => attempt.idsOfOthers)).toEqual([[], ["o", "c"]]);
  });

  test("another card than the default was charged: its customer is read again, and nobody else", async () => {
    const card = { brand: "visa", last4: "9999" };
    const readAt = async () => words(await books.all("select id, read_at from customer order by id"));
    await put(
      "attempt",
      { id: "same", state: "sending" },
      { id: "page", invoice_id: "inv_2", flow: "link", state: "pending" },
    );
    await put("payment_link", { id: "l", attempt_id: "page", invoice_id: "inv_2" });
    await settle(["same"], { card: { brand: "visa", last4: "1111" } });
    await settle(["page"], { card, orderId: "o2", chargeId: "c2" });
    expect(await readAt()).toEqual(["cus 3", "other 3"]);
    await settle(["same"], { card });
    expect(await readAt()).toEqual(["cus null", "other 3"]);
  });

  test.each<[string, Partial<AttemptChange>, object, string]>([
    ["paid by card", {}, { keep_card_at: AT, recheck_at: null }, "the card is to be kept"],
    [
      "paid in cash",
      { payment: { ...PAYMENT, paymentMethod: "cash" } },
      { keep_card_at: null, recheck_at: null },
      "no card",
    ],
    ["paid twice", { state: "paid_again" }, { keep_card_at: null, recheck_at: null }, "a person decides about it"],
    ["over", { state: "lapsed", payment: null }, { keep_card_at: null, recheck_at: AT + DAY_MS }, "it is read again"],
    [
      "told",
      { state: "pending", payment: null, link: { url: "https://new", expiresAt: later(9) } },
      { url: "https://new", expires_at: AT + 9 },
      "its page",
    ],
    ["unknown", { state: "unknown", payment: null }, { url: "https://old", expires_at: 4 }, "what is known stays"],
  ])("a page that is %s (%#)", async (_is, change, expected) => {
    await put(
      "attempt",
      { id: "att", flow: "link", state: "pending" },
      { id: "b", invoice_id: "inv_2", flow: "link", state: "pending" },
    );
    const link = { invoice_id: "inv", url: "https://old", expires_at: 4, recheck_at: 5 };
    await put("payment_link", { id: "l", attempt_id: "att", ...link }, { id: "l2", attempt_id: "b", ...link });
    await settle(["att"], change);
    const [one, two] = await books.all("select * from payment_link order by id");
    expect(one).toMatchObject(expected);
    expect(two).toMatchObject({ ...link, keep_card_at: null });
  });

  test.each<[string | null, object, Partial<Settlement>, string]>([
    [null, { order_id: "o" }, { leavesOrder: true }, "its order is over"],
    ["o", { order_id: "o" }, {}, "its order goes on"],
    ["x", { order_id: "x" }, { leavesOrder: true }, "it has another one"],
  ])("the order of the invoice is %p afterwards, %j (%#)", async (orderId, invoice, rest) => {
    await execute(`update invoice set order_id = '${(invoice as { order_id: string }).order_id}' where id = 'inv'`);
    await execute("update invoice set order_id = 'o_2' where id = 'inv_2'");
    await put("invoice", { id: "inv_3", cycle: 3, order_id: orderId === "x" ? "o" : "o_3" });
    await put("attempt", { id: "att", state: "sending", flow: "order_first" });
    await put("attempt", { id: "b", invoice_id: "inv_2", customer_id: "other", flow: "order_first", order_id: "o_2" });
    await settle(["att"], { state: "declined" }, rest);
    expect(words(await books.all("select order_id from invoice order by id"))).toEqual([
      String(orderId),
      "o_2",
      orderId === "x" ? "o" : "o_3",
    ]);
  });

  test("a charge that was asked about has no inquiry left once it is paid, and no decline", async () => {
    await put("attempt", {
      id: "att",
      state: "unknown",
      next_inquiry_at: 5,
      decline_class: "retry_later",
      failure_code: "x",
      http_status: 500,
      log_id: "old",
      payment_method: "cash",
    });
    await settle(["att"], { payment: { ...PAYMENT, paymentMethod: null, paidAt: null } });
    expect(await attemptOf()).toMatchObject({
      ...{ state: "paid", next_inquiry_at: null, decline_class: null, failure_code: null, inquiries: 2, paid_at: AT },
      ...{ http_status: 200, log_id: "log", auth_code: "A", fee_cents: 7, payment_method: "cash", after_cancel: null },
    });
  });

  test.each<[Partial<AttemptChange>, Partial<Settlement>, object, string]>([
    [
      {
        state: "declined",
        payment: null,
        decline: { declineClass: "new_card", failureCode: "f", failureMessage: "m" },
      },
      {},
      { decline_class: "new_card", failure_code: "f", failure_message: "m", paid_at: null },
      "its decline",
    ],
    [
      { state: "unknown", payment: null, nextInquiryAt: later(9), settledAt: null },
      {},
      { next_inquiry_at: AT + 9, settled_at: null, moved_cents: null },
      "its inquiry",
    ],
    [{ nextInquiryAt: later(9) }, {}, { state: "paid", next_inquiry_at: AT + 9 }, "its inquiry, though it is paid"],
    [
      { decline: { declineClass: "new_card", failureCode: "f", failureMessage: "m" } },
      {},
      { state: "paid", decline_class: "new_card", failure_code: "f" },
      "its decline, though it is paid",
    ],
    [{}, { isAfterCancel: true }, { after_cancel: "asked", state: "paid", paid_at: AT - 5 }, "what a person is asked"],
  ])("a charge that is being sent has %j %j afterwards (%#)", async (change, rest, expected) => {
    await put("attempt", { id: "att", state: "sending" });
    await settle(["att"], change, rest);
    expect(await attemptOf()).toMatchObject(expected);
  });

  test("in one batch a plain payment hides no decline beside it", async () => {
    await put(
      "attempt",
      { id: "a", state: "sending" },
      { id: "b", invoice_id: "inv_2", customer_id: "other", state: "pending", next_inquiry_at: 4 },
    );
    await settle(["a", "b"], { orderId: null, chargeId: null });
    expect(await attemptOf("b")).toMatchObject({ state: "paid", next_inquiry_at: null });
    await execute("update attempt set state = 'sending'");
    const decline = { declineClass: "new_card", failureCode: "f", failureMessage: "m" } as const;
    await settle(["a", "b"], ({ attempt: { id } }) =>
      id === "a" ? { orderId: null, chargeId: null } : { state: "declined", payment: null, decline },
    );
    expect(await attemptOf("b")).toMatchObject({ state: "declined", decline_class: "new_card" });
  });

  test("a look that tells nothing new hides neither how the call ended nor what a person decided", async () => {
    await put("attempt", {
      id: "att",
      state: "unknown",
      http_status: 502,
      log_id: "old",
      after_cancel: "kept",
      evidence: '[{"because":"first"}]',
    });
    await settle(["att"], { state: "unknown", payment: null });
    expect(await attemptOf()).toMatchObject({ http_status: 502, log_id: "old", after_cancel: "kept" });
    await settle(["att"], { state: "unknown", payment: null, trace: null });
    const evidence = JSON.parse(String((await attemptOf())?.["evidence"])) as { because: string }[];
    expect(evidence.map(({ because }) => because)).toEqual(["first", TRACE.because]);
    await put("attempt", {
      id: "two",
      state: "declined",
      invoice_id: "inv_2",
      customer_id: "other",
      http_status: null,
      log_id: null,
    });
    await settle(["two"], { state: "declined", payment: null, orderId: null, chargeId: null });
    expect(await attemptOf("two")).toMatchObject({ http_status: 200, log_id: "log" });
  });

  test("of two news of one invoice the second is judged after the first is written", async () => {
    await put("attempt", { id: "a", state: "unknown" }, { id: "b", state: "declined" });
    const settled = await settle(["a", "b"], ({ attempt }) => (attempt.id === "a" ? {} : null));
    expect(seen.map(({ attempt, invoice }) => [attempt.id, invoice.paidByAnother])).toEqual([
      ["a", false],
      ["b", true],
    ]);
    expect(settled.map(({ attemptId, invoiceId }) => [attemptId, invoiceId])).toEqual([
      ["a", "inv"],
      ["b", "inv"],
    ]);
  });
});

describe("what was decided of invoices", () => {
  const BEFORE: InvoiceBefore = {
    ...{ id: "inv", status: "open", statusReason: null, nextAttemptAt: null, declines: 1, faults: 1 },
    ...{ firstDeclinedAt: later(-9), dunningStep: "retry", dunningClass: "retry_later", dunningDueAt: later(7) },
    ...{ retryRequestedAt: later(-8), reopenedFrom: null },
  };
  beforeEach(() =>
    put(
      "invoice",
      {
        id: "inv",
        cycle: 1,
        declines: 44,
        faults: 44,
        status_reason: "refused",
        first_declined_at: 44,
        dunning_due_at: 44,
        dunning_class: "new_card",
        dunning_step: "grace",
        retry_requested_at: 44,
        reopened_from: "refused",
      },
      { id: "inv_2", cycle: 2, paid_at: 6, declines: 44 },
    ),
  );
  const LEFT =
    "status_reason, declines, faults, first_declined_at, dunning_step, dunning_class, dunning_due_at, retry_requested_at, reopened_from";
  const left = async () => words(await books.all(`select ${LEFT} from invoice where id = 'inv'`))[0];
  const UNTOUCHED = "refused 44 44 44 grace new_card 44 44 refused";

  test("nothing is written that is as it was", async () => {
    await writeChanges(books.em, [
      { invoiceId: "inv", before: BEFORE, change: { ...transition(BEFORE), paidAt: null } },
    ]);
    expect(await left()).toBe(UNTOUCHED);
    expect(await books.statements((em) => writeChanges(em, []))).toBe(0);
  });

  test.each<[Partial<InvoiceBefore>]>([
    [{ statusReason: "paused" }],
    [{ declines: 2 }],
    [{ faults: 0 }],
    [{ firstDeclinedAt: later(-7) }],
    [{ firstDeclinedAt: null }],
    [{ dunningStep: "grace" }],
    [{ dunningClass: null }],
    [{ dunningDueAt: later(8) }],
    [{ dunningDueAt: null }],
    [{ retryRequestedAt: null }],
    [{ reopenedFrom: "refused" }],
  ])("all is written where one is another: %j", async (other) => {
    const change = { ...transition(BEFORE), ...other, paidAt: null };
    await writeChanges(books.em, [{ invoiceId: "inv", before: BEFORE, change }]);
    const asRow: unknown[] = [
      ...[change.statusReason, change.declines, change.faults, change.firstDeclinedAt?.getTime() ?? null],
      ...[change.dunningStep, change.dunningClass, change.dunningDueAt?.getTime() ?? null],
      ...[change.retryRequestedAt?.getTime() ?? null, change.reopenedFrom],
    ];
    expect(await left()).toBe(asRow.map(String).join(" "));
  });

  test("where what it was is not known all is written; an earlier payment keeps its day", async () => {
    const change = {
      ...transition({ ...BEFORE, dunningStep: null, dunningClass: null, dunningDueAt: null }),
      paidAt: later(1),
    };
    await writeChanges(books.em, [
      { invoiceId: "inv", change },
      { invoiceId: "inv_2", before: { ...BEFORE, ...change }, change },
    ]);
    expect(await left()).not.toBe(UNTOUCHED);
    expect(words(await books.all("select paid_at, declines from invoice order by id"))).toEqual([`${AT + 1} 1`, "6 1"]);
  });
});

describe("invoices that are due", () => {
  const DUE = { next_attempt_at: AT, period_end: AT };
  const facts = async () => await dueInvoices(books.em, NOW, { after: null, limit: 9 });
  const only = async () => (await facts())[0];

  test("from the first instant on, after the place that was reached", async () => {
    await put(
      "invoice",
      { id: "b", cycle: 1, next_attempt_at: 0 },
      { id: "a", cycle: 2, next_attempt_at: AT },
      { id: "c", cycle: 3, next_attempt_at: AT },
      { id: "d", cycle: 4, next_attempt_at: AT + 1 },
    );
    expect((await facts()).map(({ invoice }) => invoice.id)).toEqual(["b", "a", "c"]);
    const after = { at: NOW, invoiceId: "a" };
    const places = await duePlaces(books.em, NOW, { after, limit: 9 });
    expect(places).toEqual([{ at: NOW, invoiceId: "c" }]);
    expect(await isAnyDue(books.em, NOW, { after })).toBe(true);
    expect(await isAnyDue(books.em, NOW, { after: { at: NOW, invoiceId: "c" } })).toBe(false);
    expect(await isAnyDue(books.em, new Date(0), { after: null })).toBe(true);
    expect(await isAnyDue(books.em, new Date(-1), { after: null })).toBe(false);
  });

  test.each<[string | null, string, string]>([
    ["unknown", "unknown", "it may still move money"],
    ["paid", "paid", "it has"],
    ["declined", "null", "it is over"],
  ])("an attempt that is %s is told as %s (%s)", async (state, told) => {
    await put("invoice", { id: "inv", cycle: 1, ...DUE }, { id: "x", cycle: 2 });
    await put("attempt", { id: "a", state }, { id: "b", invoice_id: "x", state: "pending" });
    expect(String((await only())?.attempt)).toBe(told);
  });

  test("when it was last paid is told once its period is over, and not before", async () => {
    await put("invoice", { id: "p", cycle: 0, status: "paid", paid_at: 7 }, { id: "inv", cycle: 1, ...DUE });
    expect((await only())?.paidAt).toEqual(new Date(7));
    await execute(`update invoice set period_end = ${AT + 1} where id = 'inv'`);
    expect((await only())?.paidAt).toBeNull();
  });

  test("of two of one subscription only the one whose period is over is told when it was last paid", async () => {
    const last = { id: "p", cycle: 0, status: "paid", paid_at: 7 };
    await put("invoice", last, { id: "a", cycle: 1, ...DUE }, { id: "b", cycle: 2, ...DUE, period_end: AT + 1 });
    expect((await facts()).map(({ invoice, paidAt }) => `${invoice.id} ${paidAt?.getTime() ?? null}`)).toEqual([
      ...["a 7", "b null"],
    ]);
  });

  test("as many as are asked for; whether there is any at all is asked of one", async () => {
    await put("invoice", { id: "a", cycle: 1, ...DUE }, { id: "b", cycle: 2, ...DUE });
    expect((await dueInvoices(books.em, NOW, { after: null, limit: 1 })).map(({ invoice }) => invoice.id)).toEqual([
      "a",
    ]);
    expect(await duePlaces(books.em, NOW, { after: null, limit: 1 })).toHaveLength(1);
  });

  test.each([
    ["oldest_first", 1, 1],
    ["oldest_first", 0, 0],
    ["all", 1, 0],
  ])(
    "what was missed is told where it is caught up %s, to what was missed itself (%i): %i",
    async (catchUp, missed, told) => {
      await execute(`update plan set catch_up = '${catchUp}'`);
      await put(
        "invoice",
        { id: "m", cycle: 0, missed: 1, status: "paid", paid_at: 1 },
        { id: "inv", cycle: 1, ...DUE, missed },
      );
      expect((await only())?.missed).toHaveLength(told === 0 ? 0 : 2);
    },
  );

  test("come with all that is known of who pays, and of the subscription", async () => {
    await put("invoice", { id: "inv", cycle: 1, ...DUE, waits_told_at: 5 }, { id: "held", cycle: 2, status: "held" });
    await put(
      "read_failure",
      { id: "cus", next_read_at: 11 },
      { id: "cus", kind: "charge", next_read_at: 12 },
      { id: "other", next_read_at: 13 },
      { id: "other", kind: "charge", next_read_at: 14 },
    );
    await put("dispute", { id: "d", charge_id: "c", invoice_id: "held" });
    await put("attempt", { id: "a", invoice_id: "x", sent_at: AT - 1 });
    await execute("update customer set deleted_at = 5 where id = 'cus'");
    const told = await only();
    expect(told).toMatchObject({ isWaitTold: true, disputes: [{ id: "d" }] });
    expect(told?.customer).toMatchObject({ nextReadAt: new Date(11), nextChargeAt: new Date(12), isDeleted: true });
    await execute("delete from read_failure where kind = 'charge'");
    expect((await only())?.customer).toMatchObject({ nextReadAt: new Date(11), nextChargeAt: null });
    expect([told?.customer.tries, told?.unsettled].map((each) => each?.length)).toEqual([1, 2]);
    await execute("delete from read_failure where id = 'cus'; update invoice set waits_told_at = null");
    await execute("update customer set deleted_at = null");
    expect(await only()).toMatchObject({ isWaitTold: false, customer: { nextReadAt: null, isDeleted: false } });
  });

  test("a card's declines are told to what was declined itself", async () => {
    await put("attempt", {
      id: "a",
      payment_source_id: "src_a",
      decline_class: "retry_later",
      sent_at: 5,
      invoice_id: "x",
    });
    await put("invoice", { id: "inv", cycle: 1, ...DUE });
    expect((await only())?.customer).toMatchObject({ declines: [], card: { paymentSourceId: "src_a" } });
    await execute("update invoice set declines = 1");
    expect((await only())?.customer.declines).toHaveLength(1);
    await put("attempt", { id: "n", payment_source_id: "src_a", decline_class: "never_again", invoice_id: "x" });
    expect((await only())?.customer.neverAgain).toHaveLength(1);
  });
});

describe("what falls due", () => {
  const due = async (limit: number, except: string[] = [], from = 0) =>
    (await dueSubscriptions(books.em, NOW, limit, except, from, 300)).map(({ id }) => id);
  beforeEach(async () => {
    await put(
      "subscription",
      { id: "b", next_billing_at: AT, anchor_local: "2026-01-31T09:00" },
      { id: "a", next_billing_at: AT },
      { id: "c", next_billing_at: AT + 1 },
      { id: "e", next_billing_at: AT + 1, cancel_at: AT },
      { id: "d", next_billing_at: AT + 1, cancel_at: AT },
      { id: "f", next_billing_at: AT + 1, cancel_at: AT + 1 },
      { id: "g", next_billing_at: null, cancel_at: AT },
    );
  });

  test("what is billed and ends at one instant comes once", async () => {
    await put("subscription", { id: "h", next_billing_at: AT, cancel_at: AT });
    expect(await due(9)).toEqual(["a", "b", "h", "d", "e"]);
  });

  test.each([
    [null, null, []],
    ["[]", null, ["prices"]],
    [null, "{}", ["tax"]],
    ["[]", "{}", ["prices", "tax"]],
  ])("a plan has prices and a tax where it has any: %p, %p", async (prices, tax, has) => {
    const text = (value: string | null) => (value === null ? "null" : `'${value}'`);
    await execute(`update plan set prices = ${text(prices)}, tax = ${text(tax)}, expiry_count = 7`);
    const [first] = await dueSubscriptions(books.em, NOW, 1, [], 0, 300);
    expect(Object.keys(first?.plan ?? {}).filter((key) => ["prices", "tax"].includes(key))).toEqual(has);
    expect(first?.plan.expiryCount).toBe(7);
  });

  test("comes by its date and its id, and then what ends before it; from a place on nothing ends", async () => {
    expect(await due(9)).toEqual(["a", "b", "d", "e"]);
    expect([await due(2), await due(3), await due(1, ["a"]), await due(9, [], 1), await due(9, ["d", "b"])]).toEqual([
      ...[["a", "b"], ["a", "b", "d"], ["b"], ["b"], ["a", "e"]],
    ]);
  });

  const batchOf = (change: object = {}, expected: object = {}): OpeningBatch => ({
    ...{ subscriptionId: "a", nextCycle: 2, nextBillingAt: later(DAY_MS), status: "active", invoices: [], events: [] },
    uses: NO_USES,
    expected: { nextCycle: 1, status: "active", cancelAt: null, pauseFrom: null, pauseUntil: null, ...expected },
    ...change,
  });
  test.each<[isOpened: boolean, change: string, expected: object]>([
    [true, "select 1", {}],
    [false, "update subscription set next_cycle = 2", {}],
    [false, "update subscription set status = 'paused'", {}],
    [false, "update subscription set cancel_at = 5", {}],
    [false, "update subscription set pause_from = 5", {}],
    [false, "update subscription set pause_until = 5", {}],
    [
      true,
      "update subscription set pause_until = 5, pause_from = 4, cancel_at = 6",
      { pauseUntil: new Date(5), pauseFrom: new Date(4), cancelAt: new Date(6) },
    ],
    [
      false,
      "update subscription set pause_until = 6, pause_from = 4",
      { pauseUntil: new Date(5), pauseFrom: new Date(4) },
    ],
  ])("is opened (%p) as it was read: %s", async (isOpened, change, expected) => {
    await execute(change);
    await open(books.em, [batchOf({}, expected)], NOW, random());
    const [row] = await books.all(
      "select next_billing_at = 1772290800000 + 86400000 as moved from subscription where id = 'a'",
    );
    expect(row).toEqual({ moved: isOpened ? 1 : 0 });
  });

  const item = { id: "i", key: "k", currency: "MXN" } as const;
  test("one that was changed meanwhile is left, with what was to be opened for it; the others are opened", async () => {
    const opened = (subscriptionId: string, change: object = {}): OpeningBatch => {
      const invoice = invoiceOf(subscriptionOf(subscriptionId, { customerId: "cus" }), 1, {
        missed: subscriptionId === "b",
      });
      const event = { type: "invoice.opened", subscriptionId } as const;
      return batchOf({ subscriptionId, invoices: [invoice], events: [event], ...change });
    };
    await put("item", item);
    await execute("update subscription set status = 'paused' where id = 'c'");
    const uses = { ...NO_USES, items: [{ itemId: "i", invoiceId: "inv_b_1" }] } as unknown as Uses;
    const batches = [opened("a"), opened("b", { status: "canceled", nextBillingAt: null, uses }), opened("c")];
    expect(await open(books.em, batches, NOW, random())).toBe(2);
    const written = await books.all(
      "select id, missed, declines, faults, opened_at, order_id, void_when_settled from invoice order by id",
    );
    expect(words(written)).toEqual([`inv_a_1 0 0 0 ${AT} null null`, `inv_b_1 1 0 0 ${AT} null null`]);
    const statuses = await books.all("select id, status from subscription where id in ('a', 'b', 'c') order by id");
    expect(words(statuses)).toEqual(["a active", "b canceled", "c paused"]);
    const told = await books.all(
      "select type, subscription_id from event where type = 'invoice.opened' order by sequence",
    );
    expect(words(told)).toEqual(["invoice.opened a", "invoice.opened b"]);
    expect(words(await books.all("select invoice_id from item"))).toEqual(["inv_b_1"]);
    // Where every one of a batch has another status.
    await open(books.em, [batchOf({ nextBillingAt: null, status: "canceled" })], NOW, random());
    expect(words(await books.all("select status from subscription where id = 'a'"))).toEqual(["active"]);
    await open(
      books.em,
      [batchOf({ nextCycle: 3, nextBillingAt: null, status: "canceled" }, { nextCycle: 2 })],
      NOW,
      random(),
    );
    expect(words(await books.all("select status from subscription where id = 'a'"))).toEqual(["canceled"]);
  });

  test("for which something damaged waits is left out by who only looks, and refused by who opens", async () => {
    await put("item", { ...item, tax: "{" });
    await expect(dueSubscriptions(books.em, NOW, 1, [], 0, 300)).rejects.toMatchObject({
      name: "RowUnreadable",
      id: "a",
    });
    const rows = await books.all(
      `select s.*, 0 as void_cycles, 'oro' as plan_id, 'Oro' as plan_name, 'MXN' as currency, 'month' as interval,
         1 as frequency, 0 as trial_period_days, '[]' as plan_line_items
       from subscription s where s.id in ('a', 'b')`,
    );
    expect(await dueSubscriptionsOf(books.em, rows, 300)).toEqual([]);
  });

  test("only what has no next cycle is completed", async () => {
    const events = async () => words(await books.all("select type from event"));
    await open(books.em, [batchOf()], NOW, random());
    expect(await events()).toEqual([]);
    await open(books.em, [batchOf({ nextBillingAt: null, nextCycle: 3 }, { nextCycle: 2 })], NOW, random());
    expect(await events()).toEqual(["subscription.completed"]);
  });

  test.each<[voidCycles: number, expiryCount: number | null, because: string]>([
    [2, 5, "those of a cycle, of this subscription"],
    [0, null, "nobody counts them"],
  ])("%i void cycles are told where a plan ends after %p (%s)", async (voidCycles, expiryCount) => {
    await execute(`update plan set expiry_count = ${expiryCount}`);
    await put(
      "invoice",
      { id: "1", subscription_id: "a", cycle: 1, status: "void" },
      { id: "2", subscription_id: "a", cycle: 2, status: "void" },
      { id: "3", subscription_id: "a", cycle: null, status: "void" },
      { id: "4", subscription_id: "a", cycle: 4 },
      { id: "5", subscription_id: "b", cycle: 1, status: "void" },
    );
    const [a] = await dueSubscriptions(books.em, NOW, 1, [], 0, 300);
    expect([a?.id, a?.voidCycles]).toEqual(["a", voidCycles]);
  });

  test("the last missed invoice that waits is told, and no other", async () => {
    await put(
      "invoice",
      { id: "1", subscription_id: "a", cycle: 1, missed: 1, next_attempt_at: 5 },
      { id: "2", subscription_id: "a", cycle: 2, missed: 1, next_attempt_at: 9, status: "void" },
      { id: "3", subscription_id: "a", cycle: 3, missed: 0, next_attempt_at: 8 },
      { id: "4", subscription_id: "b", cycle: 1, missed: 1, next_attempt_at: 7 },
      { id: "5", subscription_id: "a", cycle: 5, missed: 1, next_attempt_at: 4 },
    );
    const [a] = await dueSubscriptions(books.em, NOW, 1, [], 0, 300);
    expect([a?.id, a?.lastMissedAt]).toEqual(["a", new Date(5)]);
  });
});

describe("the status of a subscription", () => {
  beforeEach(() =>
    execute("update plan set expiry_count = 2, expiry_counts = 'charges'; update subscription set next_cycle = 2"),
  );
  const LAST = { subscription_id: "sub", status: "paid", paid_at: 5 };

  test("one whose cycle became void has another one, and changed no status", async () => {
    await put("invoice", { id: "0", cycle: 0, ...LAST, status: "void", paid_at: null }, { id: "1", cycle: 1, ...LAST });
    await put(
      "invoice",
      { id: "x", cycle: null, ...LAST, status: "void" },
      { id: "y", cycle: 9, subscription_id: "sub_2", status: "void" },
    );
    expect(await refreshStatuses(books.em, ["sub"])).toEqual([]);
    expect(
      words(await books.all("select status, next_billing_at is null as ended from subscription order by id")),
    ).toEqual([...["active 0", "active 1"]]);
  });

  test.each<[string | null, object, string]>([
    [null, { status: "open" }, "its last is not paid"],
    ["subscription.past_due", { status: "open", dunning_step: "retry" }, "it failed"],
    ["subscription.past_due", { status: "held", first_declined_at: 5 }, "it failed, and is held"],
    [
      null,
      { status: "open", dunning_step: "payment_link", reopened_from: "attempts_used_up" },
      "an old debt says nothing",
    ],
    ["subscription.completed", { status: "paid", paid_at: 5 }, "all is paid"],
  ])("is told: %p (%j, %s)", async (told, invoice) => {
    await put("invoice", { id: "0", cycle: 0, ...LAST }, { id: "1", cycle: 1, subscription_id: "sub", ...invoice });
    await put("invoice", { id: "z", cycle: 1, subscription_id: "sub_2", dunning_step: "retry" });
    const events = await refreshStatuses(books.em, ["sub", "sub"]);
    expect(events.map(({ type, subscriptionId, customerId }) => [type, subscriptionId, customerId])).toEqual(
      told === null ? [] : [[told, "sub", "cus"]],
    );
    expect(await books.statements((em) => refreshStatuses(em, []))).toBe(0);
  });
});

describe("what waits for the next invoice", () => {
  beforeEach(async () => {
    await put(
      "item",
      { id: "i2", key: "2", tax: '{"rate":16}' },
      { id: "i1", key: "1", subscription_id: "sub" },
      { id: "i3", key: "3", subscription_id: "sub_2" },
      { id: "i4", key: "4", invoice_id: "inv" },
      { id: "i5", key: "5", removed_at: 5 },
      { id: "i6", key: "6", customer_id: "other" },
    );
    await put(
      "balance_entry",
      { id: "b1", number: 1, balance_cents: 5 },
      { id: "b3", number: 3, balance_cents: 9 },
      { id: "b2", number: 2, balance_cents: 7 },
      { id: "u4", number: 4, balance_cents: 11, currency: "USD" },
      { id: "o5", number: 5, balance_cents: 13, customer_id: "other" },
    );
    await execute(
      `insert into coupon (code, percent_hundredths, source) values ('A', 5000, 'cli');
       insert into coupon (code, amount_cents, currency, source) values ('B', 100, 'MXN', 'cli');
       insert into coupon_grant values ('g2', 'sub', 'A', 2, 1, null, 1, 'ana', null);
       insert into coupon_grant values ('g1', 'sub', 'B', 1, 1, 5, 1, 'ana', null);
       insert into coupon_grant values ('g0', 'sub_2', 'B', 1, 1, 5, 1, 'ana', null)`,
    );
  });
  const SUB = { id: "sub", customerId: "cus", currency: "MXN" };

  test("is the customer's or the subscription's own, its coupons in their order, its newest balance", async () => {
    const waits = (await waitingOf(books.em, [SUB, { ...SUB, id: "none", customerId: "nobody" }], 300)).get("sub");
    expect(waits?.items.map(({ id, subscriptionId }) => [id, subscriptionId])).toEqual([
      ["i1", "sub"],
      ["i2", null],
    ]);
    expect(waits?.items[1]?.tax).toEqual({ rate: 16 });
    expect(waits?.coupons).toEqual([
      {
        couponCode: "B",
        number: 1,
        fromCycle: 1,
        untilCycle: 5,
        percentHundredths: null,
        amountCents: 100,
        currency: "MXN",
      },
      {
        couponCode: "A",
        number: 2,
        fromCycle: 1,
        untilCycle: null,
        percentHundredths: 5000,
        amountCents: null,
        currency: null,
      },
    ]);
    expect([waits?.balance, waits?.leastCents]).toEqual([{ number: 3, balanceCents: 9 }, 300]);
    const nothing = (await waitingOf(books.em, [{ ...SUB, id: "none", customerId: "nobody" }], 300)).get("none");
    expect(nothing).toEqual({ items: [], coupons: [], balance: { number: 0, balanceCents: 0 }, leastCents: 300 });
    expect(await books.statements((em) => waitingOf(em, [], 300))).toBe(0);
  });

  test("what cannot be read is left off no invoice: its subscription is left out, and others are not", async () => {
    await execute("update item set tax = '{' where id = 'i1'");
    const unreadable: string[] = [];
    const found = await waitingOf(books.em, [SUB, { ...SUB, id: "sub_2" }], 300, (id) => void unreadable.push(id));
    expect([[...found.keys()], unreadable]).toEqual([["sub_2"], ["sub"]]);
    await expect(waitingOf(books.em, [SUB], 300)).rejects.toThrow(SyntaxError);
  });

  const entry = (number: number, change: object = {}) => ({
    ...{
      id: `e${number}`,
      customerId: "cus",
      currency: "MXN",
      number,
      kind: "applied",
      amountCents: -5,
      balanceCents: 4,
    },
    ...{ invoiceId: null, reason: "invoice", actor: "puntual", ...change },
  });
  const using = (uses: object) =>
    ({ subscriptionId: "sub", uses: { coupons: 2, items: [], entries: [], ...uses } }) as unknown as OpeningBatch;
  test.each<[isKept: boolean, uses: object, because: string]>([
    [true, {}, "nothing is used"],
    [false, { coupons: 1 }, "it was given a coupon since"],
    [false, { coupons: 3 }, "one is gone"],
    [true, { items: [{ itemId: "i1" }, { itemId: "i2" }] }, "both wait"],
    [false, { items: [{ itemId: "i1" }, { itemId: "i4" }] }, "one is another invoice's"],
    [false, { items: [{ itemId: "i5" }] }, "it was removed"],
    [false, { items: [{ itemId: "none" }] }, "it is not there"],
    [true, { entries: [entry(4), entry(5)] }, "the first is the next"],
    [false, { entries: [entry(5)] }, "one came since"],
    [false, { entries: [entry(3)] }, "its number is taken"],
    [true, { entries: [entry(5, { currency: "USD" })] }, "each currency has its own"],
    [true, { entries: [entry(1, { currency: "EUR" })] }, "the first of its currency"],
    [false, { items: [{ itemId: "i4" }], entries: [entry(4)] }, "the balance is right, and the item is not"],
    [false, { items: [{ itemId: "i1" }], entries: [entry(9)] }, "the item is right, and the balance is not"],
  ])("is as it was read: %p, %j (%s)", async (isKept, uses) => {
    const beside = { subscriptionId: "sub_9", uses: NO_USES } as unknown as OpeningBatch;
    const kept = await asTheyWere(books.em, [using(uses), beside]);
    expect(kept.map(({ subscriptionId }) => subscriptionId)).toEqual(isKept ? ["sub", "sub_9"] : ["sub_9"]);
  });

  test("is asked for where something is used, and nowhere else", async () => {
    expect(await books.statements((em) => asTheyWere(em, [using({})]))).toBe(1);
  });

  test("what is used is the invoice's, and what it left no other's", async () => {
    await execute("update item set last_invoice_id = 'old' where id = 'i1'");
    const uses = { coupons: 0, items: [{ itemId: "i1", invoiceId: "new" }], entries: [entry(4)] } as unknown as Uses;
    await writeUses(books.em, [uses], NOW);
    expect(words(await books.all("select id, invoice_id, last_invoice_id from item order by id")).slice(0, 2)).toEqual([
      ...["i1 new null", "i2 null null"],
    ]);
    expect(await books.all("select id, at, kind from balance_entry where number = 4 and currency = 'MXN'")).toEqual([
      { id: "e4", at: AT, kind: "applied" },
    ]);
    expect(await books.statements((em) => writeUses(em, [NO_USES], NOW))).toBe(0);
  });

  test("void invoices give back once what they used, each after the other; what is charged once keeps its item", async () => {
    const voided = { status: "void", balance_cents: 4 };
    await put(
      "invoice",
      { id: "v2", cycle: 2, ...voided },
      { id: "v1", cycle: 1, ...voided, balance_cents: 3 },
      { id: "v3", cycle: 3, ...voided },
      { id: "once", cycle: null, ...voided, balance_cents: 0 },
      { id: "paid", cycle: 5, ...voided, status: "paid", paid_at: 5 },
      { id: "v6", cycle: 6, ...voided, customer_id: "other", balance_cents: -2 },
      { id: "v7", cycle: 7, ...voided },
    );
    await put("balance_entry", { id: "r", number: 8, currency: "EUR", kind: "returned", invoice_id: "v3" });
    await put("balance_entry", { id: "r2", number: 9, currency: "EUR", kind: "applied", invoice_id: "v2" });
    for (const id of ["v1", "v3", "once", "paid", "v7"]) await put("item", { id: `x_${id}`, key: id, invoice_id: id });
    await giveBack(books.em, ["v2", "v1", "v3", "once", "paid", "v6", "v1"], NOW);
    const entries = await books.all(
      "select invoice_id, customer_id, number, amount_cents, balance_cents from balance_entry where kind = 'returned' and at > 0 order by id",
    );
    expect(words(entries)).toEqual(["v1 cus 4 3 12", "v2 cus 5 4 16", "v6 other 6 -2 11"]);
    expect(
      words(await books.all("select id, invoice_id, last_invoice_id from item where id like 'x_%' order by id")),
    ).toEqual([...["x_once once null", "x_paid paid null", "x_v1 null v1", "x_v3 null v3", "x_v7 v7 null"]]);
    expect(await books.statements((em) => giveBack(em, [], NOW))).toBe(0);
  });

  test("what was void and is paid after all has its items again, but for those that went elsewhere", async () => {
    await put(
      "item",
      { id: "y1", key: "y1", last_invoice_id: "inv_a" },
      { id: "y2", key: "y2", last_invoice_id: "inv_a", invoice_id: "inv_b" },
      { id: "y3", key: "y3", last_invoice_id: "inv_a", removed_at: 5 },
      { id: "y4", key: "y4", last_invoice_id: "inv_c" },
    );
    await takeAgain(books.em, ["inv_a"]);
    expect(
      words(await books.all("select id, invoice_id, last_invoice_id from item where id like 'y%' order by id")),
    ).toEqual([...["y1 inv_a null", "y2 inv_b inv_a", "y3 null inv_a", "y4 null inv_c"]]);
    expect(await books.statements((em) => takeAgain(em, []))).toBe(0);
  });
});
