/** Pages and steps of dunning in the tables: which page may be made, which are closed or read again, and whose turn it is. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { seededRandom } from "../../src/adapters/random.ts";
import { abandoned, claimedById, dueInquiries } from "../../src/adapters/store/billing/claims.ts";
import {
  applyTransitions,
  customersToReread,
  dueSteps,
  expiringCards,
  noteWaiting,
  writeTransitions,
} from "../../src/adapters/store/billing/dunning-steps.ts";
import { writeFinalActions } from "../../src/adapters/store/billing/final-actions.ts";
import {
  cardIsKept,
  cardsToKeep,
  claimLink,
  endLinks,
  retryWithNewCard,
  tryKnownCardOf,
} from "../../src/adapters/store/billing/payment-links.ts";
import { dueRechecks, noteDenied, noteRecheck } from "../../src/adapters/store/billing/rechecks.ts";
import { transition, type InvoiceBefore, type InvoiceChange } from "../../src/domain/invoice-transition.ts";
import type { FinalAction } from "../../src/domain/dunning/dunning.ts";
import { bareRows } from "../support/bare-rows.ts";
import { DAY_MS, HOUR_MS, later, NOW } from "../support/records.ts";

const books = bareRows();
const { put, execute } = books;
const AT = NOW.getTime();
const OWNER = { id: "own", epoch: 1 };
const random = () => seededRandom(1);
const ids = (rows: readonly object[], name: string) => rows.map((row) => (row as Record<string, string>)[name] ?? "");

beforeEach(async () => {
  await put("installation", {});
  await put("node", { id: "own", epoch: 1 });
  await put("plan", { id: "oro" });
  await put("customer", { id: "cus", payment_source_id: "src_a", card_last4: "1111" }, { id: "other" });
  await put("subscription", { id: "sub" }, { id: "sub_2" });
});

describe("a page for an invoice", () => {
  const STEP = { dunning_step: "payment_link", dunning_class: "new_card", dunning_due_at: AT, first_declined_at: AT };
  beforeEach(async () => {
    await put(
      "invoice",
      { id: "inv", cycle: 1, ...STEP },
      { id: "next", cycle: 2 },
      { id: "theirs", cycle: 1, subscription_id: "sub_2" },
    );
    await put(
      "attempt",
      { id: "first", number: 4 },
      { id: "second", number: 2 },
      { id: "elsewhere", invoice_id: "next", number: 9 },
    );
  });
  const claim = async (invoiceId = "inv") =>
    await claimLink(
      books.em,
      OWNER,
      {
        ...{ invoiceId, flow: "link", now: NOW, leaseMs: 60_000, methods: ["card", "cash"] },
        ...{ expiresAt: later(DAY_MS), requestedBy: "dunning" },
      },
      random(),
    );

  test("is the next try of it, claimed for a while, and kept beside it", async () => {
    const claimed = await claim();
    expect(claimed).toMatchObject({
      number: 5,
      flow: "link",
      orderId: null,
      intent: { invoiceId: "inv", reference: "inv-5" },
    });
    expect(await books.all("select * from attempt where flow = 'link'")).toMatchObject([
      {
        ...{ id: claimed?.attemptId, invoice_id: "inv", customer_id: "cus", number: 5, state: "claimed" },
        ...{ claimed_by: "own", claim_epoch: 1, claimed_at: AT, claimed_until: AT + 60_000, inquiries: 0 },
        ...{ amount_cents: 500, payment_source_id: null, sent_at: null },
      },
    ]);
    expect(await books.all("select * from payment_link")).toMatchObject([
      {
        ...{ attempt_id: claimed?.attemptId, invoice_id: "inv", url: null, methods: '["card","cash"]', rechecks: 0 },
        ...{ requested_by: "dunning", created_at: AT, expires_at: AT + DAY_MS, cancel_requested_at: null },
      },
    ]);
    expect(await books.all("select dunning_step, dunning_due_at from invoice where id = 'inv'")).toEqual([
      { dunning_step: "payment_link", dunning_due_at: null },
    ]);
  });

  test("the first try of an invoice is its first", async () => {
    await execute("delete from attempt where invoice_id = 'inv'");
    expect(await claim()).toMatchObject({ number: 1 });
  });

  const page = (change: object) => () => put("attempt", { id: "page", flow: "link", state: "pending", ...change });
  const paidPage = async () => {
    await page({ invoice_id: "next" })();
    await execute("update invoice set status = 'paid', paid_at = 5 where id = 'next'");
  };
  const sql = (statement: string) => () => execute(statement);
  test.each<[is: "made" | "not made", change: () => Promise<void>, because: string]>([
    ["not made", () => put("halt", { kind: "person" }), "nobody may be charged"],
    ["not made", sql("update node set epoch = 2; update installation set epoch = 2"), "another owns the right"],
    ["not made", page({ invoice_id: "next" }), "the subscription has an open page"],
    ["made", page({ invoice_id: "next", state: "lapsed" }), "that page is over"],
    ["made", page({ invoice_id: "next", flow: "single" }), "a charge is no page"],
    ["made", page({ invoice_id: "theirs" }), "that page is of another subscription"],
    ["made", paidPage, "what is paid there counts no more"],
    ["not made", page({ flow: "single" }), "an attempt of it may still move money"],
    ["not made", page({ invoice_id: "theirs", flow: "single", state: "sending" }), "its customer is being charged"],
    ["made", page({ invoice_id: "theirs", flow: "single", state: "unknown" }), "that charge is over, or nobody knows"],
    [
      "made",
      page({ invoice_id: "theirs", flow: "single", state: "sending", customer_id: "other" }),
      "another is being charged",
    ],
  ])("is %s (%#)", async (is, change) => {
    await change();
    expect((await claim())?.intent.invoiceId).toBe(is === "made" ? "inv" : undefined);
  });

  test("is not made for one that is not there", async () => {
    expect(await claim("inv_x")).toBeNull();
  });

  test("those that are open are closed by an inquiry, for the first reason that there was", async () => {
    await put("invoice", { id: "inv_3", cycle: 3 }, { id: "inv_4", cycle: 4 });
    await put(
      "attempt",
      { id: "p1", flow: "link", state: "pending" },
      { id: "p2", flow: "link", state: "claimed", invoice_id: "next", next_inquiry_at: 5 },
      { id: "p3", flow: "link", state: "lapsed", invoice_id: "inv_3" },
      { id: "p4", flow: "single", state: "pending", invoice_id: "inv_3" },
      { id: "p5", flow: "link", state: "unknown", invoice_id: "inv_4" },
      { id: "p6", flow: "link", state: "unknown", invoice_id: "theirs" },
    );
    for (const id of ["p1", "p2", "p3", "p4", "p5", "p6"])
      await put("payment_link", { id: `l_${id}`, attempt_id: id, invoice_id: "inv" });
    const events = await endLinks(books.em, ["inv", "next", "inv_3", "theirs"], "new_card", NOW);
    expect(events.toSorted((a, b) => (String(a.attemptId) < String(b.attemptId) ? -1 : 1))).toEqual([
      {
        ...{ type: "invoice.payment_link_closing", customerId: "cus", subscriptionId: "sub", invoiceId: "inv" },
        ...{ attemptId: "p1", data: { because: "new_card" } },
      },
      expect.objectContaining({ invoiceId: "next", attemptId: "p2", subscriptionId: "sub" }),
      expect.objectContaining({ invoiceId: "theirs", attemptId: "p6", subscriptionId: "sub_2" }),
    ]);
    await endLinks(books.em, ["inv"], "person", later(1));
    const kept =
      "select l.attempt_id as id, l.cancel_requested_at as at, l.cancel_because as why, a.next_inquiry_at as next";
    expect(await books.all(`${kept} from payment_link l join attempt a on a.id = l.attempt_id order by a.id`)).toEqual([
      { id: "p1", at: AT, why: "new_card", next: AT + 1 },
      { id: "p2", at: AT, why: "new_card", next: null },
      { id: "p3", at: null, why: null, next: null },
      { id: "p4", at: null, why: null, next: null },
      { id: "p5", at: null, why: null, next: null },
      { id: "p6", at: AT, why: "new_card", next: AT },
    ]);
    expect(await endLinks(books.em, ["inv_3"], "person", NOW)).toEqual([]);
    expect(await books.statements((em) => endLinks(em, ["inv_3"], "person", NOW))).toBe(1);
  });

  describe("and another card", () => {
    const changeTo = async (paymentSourceId: string) =>
      await retryWithNewCard(books.em, { customerId: "cus", paymentSourceId, now: NOW });
    const due = async () => ids(await books.all("select id from invoice where next_attempt_at is not null"), "id");

    test("is tried for what waits, and for nobody else's", async () => {
      await put("invoice", { id: "strange", cycle: 7, customer_id: "other", ...STEP });
      expect(await changeTo("src_new")).toEqual([
        {
          ...{ type: "invoice.retry_scheduled", customerId: "cus", subscriptionId: "sub", invoiceId: "inv" },
          data: { nextAttemptAt: NOW.toISOString(), nextStep: "retry", rule: { name: "new_card" } },
        },
      ]);
      expect(await due()).toEqual(["inv"]);
    });

    test("closes the page first that is open", async () => {
      await put("attempt", { id: "page", flow: "link", state: "pending" });
      await put("payment_link", { id: "l", attempt_id: "page", invoice_id: "inv" });
      expect(await changeTo("src_new")).toMatchObject([
        { type: "invoice.payment_link_closing", data: { because: "new_card" } },
      ]);
      expect(await due()).toEqual([]);
    });

    test("that was tried for it changes nothing; one that was tried for another does", async () => {
      await put("attempt", { id: "tried", payment_source_id: "src_tried" });
      await put("attempt", { id: "tried_2", payment_source_id: "src_other", invoice_id: "next" });
      await put("attempt", { id: "page", flow: "link", state: "pending" });
      await put("payment_link", { id: "l", attempt_id: "page", invoice_id: "inv" });
      expect(await changeTo("src_tried")).toEqual([]);
      await execute("update attempt set state = 'lapsed' where id = 'page'");
      expect(await changeTo("src_other")).toHaveLength(1);
    });

    test("the card that is known is tried where it never was", async () => {
      expect(await tryKnownCardOf(books.em, "cus", NOW)).toMatchObject([
        { invoiceId: "inv", data: { rule: { name: "card_untried" } } },
      ]);
      expect(await due()).toEqual(["inv"]);
      expect(await books.statements((em) => tryKnownCardOf(em, "other", NOW))).toBe(1);
    });
  });
});

describe("pages that are over", () => {
  beforeEach(() =>
    put(
      "attempt",
      { id: "p1", flow: "link", state: "lapsed", order_id: "o1", sent_at: 5, claimed_at: 4 },
      { id: "p2", flow: "link", state: "lapsed", order_id: null },
      { id: "p3", flow: "link", state: "lapsed", order_id: "o3", customer_id: "other", card_last4: "3" },
      { id: "c1", state: "unknown", order_id: null, sent_at: null, claimed_at: 6 },
    ),
  );

  test("are read again when their turn comes, with denied charges, unless they are put aside", async () => {
    await put("invoice", { id: "inv", cycle: 1 });
    await put(
      "payment_link",
      { id: "l1", attempt_id: "p1", invoice_id: "inv", recheck_at: AT, rechecks: 2 },
      { id: "l2", attempt_id: "p2", invoice_id: "inv", recheck_at: AT },
      { id: "l3", attempt_id: "p3", invoice_id: "inv", recheck_at: AT - 2, expires_at: AT },
    );
    await put("denied_charge", { attempt_id: "c1", recheck_at: AT - 1, rechecks: 1 });
    const due = async (ms: number, limit = 9) =>
      (await dueRechecks(books.em, new Date(AT + ms), limit)).map(({ attemptId, rechecks, sentAt }) => [
        ...[attemptId, rechecks, sentAt.getTime()],
      ]);
    const all = [
      ["p3", 0, 0],
      ["c1", 1, 6],
      ["p1", 2, 5],
    ];
    expect([await due(0), await due(-1), await due(-3), await due(0, 2)]).toEqual([
      all,
      all.slice(0, 2),
      [],
      all.slice(0, 2),
    ]);
    await put(
      "read_failure",
      { id: "p3", kind: "attempt", next_read_at: AT + 1 },
      { id: "c1", kind: "attempt", next_read_at: AT },
      { id: "p1", kind: "charge", next_read_at: AT + 9 },
    );
    expect(ids(await due(0), "0")).toEqual(["c1", "p1"]);
    await noteRecheck(books.em, "p1", later(7));
    await noteRecheck(books.em, "c1", null);
    expect(await books.all("select recheck_at, rechecks from payment_link where id = 'l1'")).toEqual([
      { recheck_at: AT + 7, rechecks: 3 },
    ]);
    expect(await books.all("select recheck_at, rechecks from denied_charge")).toEqual([
      { recheck_at: null, rechecks: 2 },
    ]);
    await noteDenied(books.em, [{ attemptId: "c1", recheckAt: later(9) }], later(8));
    expect(await books.all("select * from denied_charge")).toEqual([
      { attempt_id: "c1", denied_at: AT + 8, rechecks: 0, recheck_at: AT + 9 },
    ]);
    expect(await books.statements((em) => noteDenied(em, [], NOW))).toBe(0);
    await noteDenied(books.em, [{ attemptId: "p1", recheckAt: later(9) }], later(8));
    expect(await books.all("select rechecks from denied_charge where attempt_id = 'p1'")).toEqual([{ rechecks: 0 }]);
  });

  test("by a card make it the default once, the first first, unless its customer is put aside", async () => {
    await put(
      "payment_link",
      { id: "l2", attempt_id: "p1", invoice_id: "inv", keep_card_at: 5 },
      { id: "l1", attempt_id: "p2", invoice_id: "inv", keep_card_at: 5 },
      { id: "l0", attempt_id: "p3", invoice_id: "inv", keep_card_at: 6 },
      { id: "l3", attempt_id: "c1", invoice_id: "inv", keep_card_at: null },
    );
    const kept = async (limit = 9) => await cardsToKeep(books.em, NOW, limit);
    expect(ids(await kept(), "linkId")).toEqual(["l1", "l2", "l0"]);
    expect(await kept(2)).toHaveLength(2);
    expect((await kept())[2]).toEqual({ linkId: "l0", customerId: "other", last4: "3" });
    await put(
      "read_failure",
      { id: "cus", next_read_at: AT + 1 },
      { id: "other", kind: "charge", next_read_at: AT + 1 },
    );
    expect(ids(await kept(), "linkId")).toEqual(["l0"]);
    await cardIsKept(books.em, "l0");
    expect(
      ids(await books.all("select id from payment_link where keep_card_at is not null order by id"), "id"),
    ).toEqual([...["l1", "l2"]]);
  });
});

describe("steps of dunning", () => {
  const step = (dunning_step: string, dunning_due_at: number | null) => ({ dunning_step, dunning_due_at });
  beforeEach(async () => {
    await put(
      "invoice",
      { id: "c", cycle: 1, ...step("grace", AT) },
      { id: "b", cycle: 2, ...step("payment_link", AT) },
      { id: "a", cycle: 3, ...step("wait_for_card", AT - 1), customer_id: "other" },
      { id: "d", cycle: 4, ...step("retry", AT) },
      { id: "e", cycle: 5, ...step("grace", AT + 1) },
    );
  });
  const due = async (after: { at: Date; invoiceId: string } | null = null, limit = 9) =>
    await dueSteps(books.em, NOW, { after, limit });

  test("are due from their instant on, the longest first, page by page; a retry is no step", async () => {
    expect(ids(await due(), "invoiceId")).toEqual(["a", "b", "c"]);
    expect(ids(await due({ at: NOW, invoiceId: "b" }), "invoiceId")).toEqual(["c"]);
    expect(ids(await due({ at: later(-1), invoiceId: "a" }), "invoiceId")).toEqual(["b", "c"]);
    expect(ids(await due(null, 2), "invoiceId")).toEqual(["a", "b"]);
    await execute("update invoice set dunning_due_at = 0 where id = 'c'");
    expect(ids(await due(), "invoiceId")).toEqual(["c", "a", "b"]);
  });

  test("come with how well the customer is known", async () => {
    await execute("update customer set read_at = 3 where id = 'cus'");
    await put(
      "read_failure",
      { id: "other", failures: 2, failed_since: 4, failed_at: 5, next_read_at: 6 },
      { id: "cus", kind: "charge" },
    );
    expect((await due()).map(({ customer }) => customer)).toEqual([
      {
        readAt: null,
        failure: { failures: 2, failedSince: new Date(4), failedAt: new Date(5), nextReadAt: new Date(6) },
      },
      { readAt: new Date(3), failure: null },
      { readAt: new Date(3), failure: null },
    ]);
  });

  test.each<[isAsked: boolean, attempts: readonly object[], because: string]>([
    [true, [{ id: "x", number: 3, state: "not_sent" }], "the page that a person wanted was not made"],
    [
      true,
      [
        { id: "x", number: 3, state: "released" },
        { id: "w", number: 2, state: "declined" },
      ],
      "nor was this one",
    ],
    [false, [{ id: "x", number: 3, state: "lapsed" }], "it was made"],
    [
      false,
      [
        { id: "x", number: 3, state: "not_sent" },
        { id: "y", number: 4, state: "declined" },
      ],
      "the card was tried since",
    ],
    [false, [{ id: "x", number: 3, state: "not_sent", invoice_id: "c" }], "it was for another invoice"],
  ])("know of a page that a person asked for: %p, %j (%s)", async (isAsked, attempts) => {
    for (const attempt of attempts) await put("attempt", { flow: "link", invoice_id: "b", ...attempt });
    await put("payment_link", { id: "l", attempt_id: "x", invoice_id: "b", requested_by: "ana", expires_at: 9 });
    const asked = { methods: ["card"], expiresAt: new Date(9), by: "ana" };
    expect((await due()).find(({ invoiceId }) => invoiceId === "b")?.asked).toEqual(isAsked ? asked : null);
  });

  test("a page that dunning wanted is asked for by nobody", async () => {
    await put("attempt", { id: "x", invoice_id: "b", state: "not_sent", flow: "link" });
    await put("payment_link", { id: "l", attempt_id: "x", invoice_id: "b" });
    expect((await due()).map(({ asked }) => asked)).toEqual([null, null, null]);
  });

  test("customers in dunning are read again each once, the longest unread first, unless they are put aside", async () => {
    await put("customer", { id: "c3", read_at: 8 }, { id: "c4", read_at: 9 }, { id: "c5", read_at: 1 });
    await put("invoice", { id: "f", cycle: 6, ...step("grace", 1), customer_id: "c3" });
    await put(
      "invoice",
      { id: "g", cycle: 7, ...step("grace", 1), customer_id: "c4" },
      { id: "h", cycle: 8, customer_id: "c5" },
    );
    const reread = async (readBefore: number, limit = 9) =>
      await customersToReread(books.em, NOW, { readBefore: new Date(readBefore), limit });
    expect(await reread(9)).toEqual(["cus", "other", "c3"]);
    expect(await reread(9, 1)).toEqual(["cus"]);
    await put("customer", { id: "c6", read_at: 3 });
    await put("invoice", { id: "i", cycle: 9, ...step("grace", 1), customer_id: "c6" });
    expect([await reread(2), await reread(4)]).toEqual([
      ["cus", "other"],
      ["cus", "other", "c6"],
    ]);
    await execute("delete from invoice where id = 'i'");
    await put("read_failure", { id: "cus", next_read_at: AT + 1 }, { id: "other", next_read_at: AT });
    expect(await reread(10)).toEqual(["other", "c3", "c4"]);
  });

  test("what waits behind a held invoice is told once, in the order of the invoices", async () => {
    await put("invoice", { id: "z", cycle: 9, status: "held" }, { id: "told", cycle: 8, waits_told_at: 5 });
    const waiting = ["e", "c", "told", "z", "a", "d", "x", "b"].map((invoiceId, at) => ({ invoiceId, heldCycle: at }));
    expect(await noteWaiting(books.em, waiting, NOW, random())).toBe(5);
    const events = await books.all("select * from event order by sequence");
    expect(
      events.map(({ type, invoice_id: id, customer_id: who, data }) => [type, id, who, JSON.parse(String(data))]),
    ).toEqual([
      ["invoice.kept_waiting", "a", "other", { cycle: 3, heldCycle: 4 }],
      ["invoice.kept_waiting", "b", "cus", { cycle: 2, heldCycle: 7 }],
      ["invoice.kept_waiting", "c", "cus", { cycle: 1, heldCycle: 1 }],
      ["invoice.kept_waiting", "d", "cus", { cycle: 4, heldCycle: 5 }],
      ["invoice.kept_waiting", "e", "cus", { cycle: 5, heldCycle: 0 }],
    ]);
    expect(ids(await books.all("select id from invoice where waits_told_at > 5 order by id"), "id")).toEqual([
      "a",
      "b",
      "c",
      "d",
      "e",
    ]);
  });

  test("are decided in the order asked for, and for none that an attempt may pay, or has paid", async () => {
    await put(
      "attempt",
      { id: "open", invoice_id: "b", state: "unknown" },
      { id: "paid", invoice_id: "d", state: "paid" },
      { id: "over", invoice_id: "c", state: "declined" },
    );
    const seen: unknown[] = [];
    const decide = async (invoices: readonly string[], move: ((invoice: InvoiceBefore) => InvoiceChange) | null) =>
      await applyTransitions(
        books.em,
        invoices,
        NOW,
        ({ invoice, dunning, customerId }) => {
          seen.push([invoice.id, dunning, customerId, invoice.hasUntriedCard]);
          if (move === null || invoice.id === "e") return null;
          return { invoice: move(invoice), event: "invoice.uncollectible", finalAction: "unpaid", because: "over" };
        },
        random(),
      );
    expect(await decide(["e", "a", "b", "c", "d"], null)).toEqual([]);
    expect(seen).toEqual([
      ["e", "standard", "cus", true],
      ["a", "standard", "other", false],
      ["c", "standard", "cus", true],
    ]);
    const giveUp = (invoice: InvoiceBefore) =>
      transition(invoice, { status: "uncollectible", statusReason: "attempts_used_up" });
    expect(ids(await decide(["c", "e"], giveUp), "invoiceId")).toEqual(["c"]);
    const rows = await books.all("select id, status, status_reason as why from invoice order by id");
    expect(rows.map((row) => Object.values(row).join(" "))).toEqual([
      ...["a uncollectible collection_stopped", "b open ", "c uncollectible attempts_used_up"],
      ...["d uncollectible collection_stopped", "e uncollectible collection_stopped"],
    ]);
    const events = await books.all("select type, invoice_id from event order by sequence");
    expect(events.map((row) => Object.values(row).join(" ").trim()).slice(0, 2)).toEqual([
      ...["invoice.uncollectible c", "subscription.unpaid"],
    ]);
    expect(events).toHaveLength(5);
    expect(await books.statements((em) => writeTransitions(em, [], NOW, random()))).toBe(0);
  });

  test("the status that follows is told", async () => {
    await execute(
      "update subscription set status = 'past_due'; update invoice set dunning_step = null, dunning_due_at = null",
    );
    const paid = (invoice: InvoiceBefore) => transition(invoice, { status: "void", statusReason: "skipped" });
    await applyTransitions(
      books.em,
      ["a"],
      NOW,
      ({ invoice }) => ({ invoice: paid(invoice), event: "invoice.voided", finalAction: null, because: "skipped" }),
      random(),
    );
    const events = await books.all("select type from event order by sequence");
    expect(ids(events, "type")).toEqual(["invoice.voided", "subscription.recovered"]);
  });

  test("a final action ends one subscription, and stops the rest of its invoices but what may still pay", async () => {
    await put(
      "invoice",
      { id: "other_1", subscription_id: "sub_2", cycle: 1 },
      { id: "p", cycle: 7, status: "paid", paid_at: 1 },
    );
    await put(
      "attempt",
      { id: "open", invoice_id: "b", state: "unknown" },
      { id: "shut", invoice_id: "c", state: "declined" },
    );
    await put("subscription", { id: "gone", status: "canceled", next_billing_at: null });
    await execute("update subscription set next_billing_at = 99 where id <> 'gone'");
    const changed = (subscriptionId: string, finalAction: FinalAction | null) => ({
      ...{ invoiceId: "d", subscriptionId, change: {} as InvoiceChange, finalAction },
    });
    const given = [changed("sub", "cancel"), changed("sub_2", null), changed("gone", "unpaid")];
    const events = await writeFinalActions(books.em, given, NOW);
    expect(events[0]).toEqual({
      ...{ type: "subscription.canceled", customerId: "cus", subscriptionId: "sub" },
      data: { because: "dunning_final_action" },
    });
    expect(new Set(ids(events.slice(1), "invoiceId"))).toEqual(new Set(["a", "c", "d", "e"]));
    expect(events[1]).toMatchObject({ type: "invoice.uncollectible", data: { statusReason: "collection_stopped" } });
    const open = await books.all("select id from invoice where status = 'open' order by id");
    expect(ids(open, "id")).toEqual(["b", "other_1"]);
    const subscriptions = await books.all(
      "select id, status, next_billing_at as next, given_up_at as given_up from subscription order by id",
    );
    expect(subscriptions.map((row) => Object.values(row))).toEqual([
      ["gone", "canceled", null, null],
      ["sub", "canceled", null, AT],
      ["sub_2", "active", 99, null],
    ]);
    expect(await writeFinalActions(books.em, [changed("sub_2", "unpaid")], NOW)).toMatchObject([
      { type: "subscription.unpaid" },
      { invoiceId: "other_1" },
    ]);
    const [unpaid] = await books.all(
      "select next_billing_at as next, given_up_at as given_up from subscription where id = 'sub_2'",
    );
    expect(unpaid).toEqual({ next: 99, given_up: null });
    expect(await books.statements((em) => writeFinalActions(em, [changed("sub", null)], NOW))).toBe(0);
  });
});

describe("cards that expire soon", () => {
  // NOW is of February 2026.
  const card = (
    card_exp_month: number | null,
    card_exp_year: number | null,
    payment_source_id: string | null = "src",
  ) => ({
    ...{ card_exp_month, card_exp_year, payment_source_id },
  });
  test("are those of customers who will be charged, from last month's end to as far as notices go", async () => {
    await put("plan", { id: "plata", dunning: "gentle" });
    await put(
      "customer",
      { id: "a_before", ...card(1, 2026) },
      { id: "b_first", ...card(2, 2026), card_notice: "2026-02", card_brand: "visa", card_last4: "4" },
      { id: "c_last", ...card(4, 2026) },
      { id: "d_after", ...card(5, 2026) },
      { id: "e_year", ...card(2, 2027) },
      { id: "f_none", ...card(3, 2026, null) },
      { id: "g_unknown", ...card(null, 2026) },
      { id: "h_ended", ...card(3, 2026) },
    );
    for (const id of ["a_before", "b_first", "c_last", "d_after", "e_year", "f_none", "g_unknown", "h_ended"])
      await put("subscription", { id, customer_id: id, next_billing_at: id === "h_ended" ? null : 9 });
    await put("subscription", { id: "b_2", customer_id: "b_first", next_billing_at: 9, plan_id: "plata" });
    await put("subscription", { id: "b_3", customer_id: "b_first", next_billing_at: 9 });
    const found = await expiringCards(books.em, NOW, 60);
    expect(ids(found, "customerId")).toEqual(["b_first", "c_last"]);
    expect(found[0]).toMatchObject({
      ...{ paymentSourceId: "src", brand: "visa", last4: "4", expMonth: 2, expYear: 2026, lastNotice: "2026-02" },
    });
    expect(found[0]?.dunning.toSorted()).toEqual(["gentle", "standard"]);
    // On the first of a month the card of the month before is still told of.
    expect(ids(await expiringCards(books.em, new Date("2026-02-01T12:00:00Z"), 1), "customerId")).toEqual([
      "a_before",
      "b_first",
    ]);
    expect(ids(await expiringCards(books.em, new Date("2026-02-02T12:00:00Z"), 1), "customerId")).toEqual(["b_first"]);
  });
});

describe("what is to be settled, and asked about", () => {
  test.each<[is: "abandoned" | "held", attempt: object, because: string]>([
    ["held", { claimed_until: AT }, "its lease ends now"],
    ["abandoned", { claimed_until: AT - 1 }, "its lease is over"],
    ["held", { claimed_until: AT - 1, state: "unknown" }, "nobody holds what was answered"],
    ["abandoned", { claimed_until: AT - 1, state: "sending" }, "its lease is over"],
    [
      "held",
      { claimed_by: "lives", claim_epoch: 3, claimed_until: AT - 1 },
      "another node lives, whatever our clock says",
    ],
    [
      "abandoned",
      { claimed_by: "dead", claim_epoch: 4, claimed_until: AT + 9 },
      "another node is dead, whatever its lease",
    ],
    ["abandoned", { claimed_by: "gone", claim_epoch: 0, claimed_until: AT + 9 }, "of an earlier owner"],
    ["held", { claimed_by: "gone", claim_epoch: 1, claimed_until: AT }, "a process that is no node has its lease"],
    ["abandoned", { claimed_by: "gone", claim_epoch: 1, claimed_until: AT - 1 }, "and no more"],
    ["abandoned", { claimed_by: "own", claim_epoch: 0, claimed_until: AT + 9 }, "the same owner of before"],
    ["held", { claimed_by: "dead", claim_epoch: 1, claimed_until: AT + 9 }, "it was no node then"],
  ])("%s: %j (%s)", async (is, attempt) => {
    await put(
      "node",
      { id: "lives", epoch: 3, alive_until: Date.now() + HOUR_MS },
      { id: "dead", epoch: 4, alive_until: Date.now() - HOUR_MS },
    );
    await put("attempt", { id: "att", state: "claimed", ...attempt });
    expect(await abandoned(books.em, OWNER, NOW, 9)).toEqual(is === "abandoned" ? ["att"] : []);
  });

  test("an attempt that nobody knows is none", async () => {
    expect(await claimedById(books.em, "att_none")).toBeNull();
  });

  test("who was succeeded has no say; at most so many, by their ids", async () => {
    for (const id of ["c", "a", "b"])
      await put("attempt", { id, invoice_id: id, customer_id: id, state: "claimed", claimed_until: AT - 1 });
    expect(await abandoned(books.em, OWNER, NOW, 2)).toEqual(["a", "b"]);
    await execute("update node set epoch = 2; update installation set epoch = 2, owner_id = 'own'");
    expect(await abandoned(books.em, OWNER, NOW, 9)).toEqual([]);
  });

  test("inquiries are due from their instant on, the first first, unless they are put aside; pages are closed in time", async () => {
    const waits = { state: "pending", sent_at: 5 };
    for (const id of ["a", "b", "c", "d"]) await put("invoice", { id: `i_${id}`, cycle: id.codePointAt(0)! });
    await put(
      "attempt",
      { id: "b", invoice_id: "i_b", ...waits, next_inquiry_at: AT, flow: "link" },
      { id: "a", invoice_id: "i_a", ...waits, next_inquiry_at: AT, flow: "link" },
      { id: "c", invoice_id: "i_c", ...waits, next_inquiry_at: AT - 1 },
      { id: "d", invoice_id: "i_d", ...waits, next_inquiry_at: AT + 1 },
    );
    await put(
      "payment_link",
      { id: "l_a", attempt_id: "a", invoice_id: "i_a", expires_at: AT + 1, cancel_requested_at: 5 },
      { id: "l_b", attempt_id: "b", invoice_id: "i_b", expires_at: AT - DAY_MS },
    );
    const due = async (limit = 9) =>
      (await dueInquiries(books.em, NOW, limit)).map(({ attemptId, mustClose }) => `${attemptId} ${mustClose}`);
    expect([await due(), await due(2)]).toEqual([
      ["c false", "a true", "b false"],
      ["c false", "a true"],
    ]);
    await execute(`update payment_link set expires_at = ${AT - DAY_MS - 1} where id = 'l_b'`);
    await put(
      "read_failure",
      { id: "c", kind: "attempt", next_read_at: AT + 1 },
      { id: "a", kind: "charge", next_read_at: AT + 9 },
    );
    expect(await due()).toEqual(["a true", "b true"]);
  });
});
