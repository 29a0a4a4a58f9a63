/** What the books keep beside charging, in the tables: each condition of what is read and written, alone, at its edge. */
import { mock } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "@jest/globals";
import type { Archive } from "../../src/application/ports/archive.ts";
import { seededRandom } from "../../src/adapters/random.ts";
import { archivedBeside } from "../../src/adapters/store/records/archived-beside.ts";
import {
  disputeById,
  disputeReads,
  disputesOf,
  noteDisputeReads,
  putDispute,
} from "../../src/adapters/store/records/disputes.ts";
import { dutiesOf } from "../../src/adapters/store/records/duties.ts";
import { enrolmentRecords } from "../../src/adapters/store/records/enrolment.ts";
import {
  ensureInstallation,
  readInstallation,
  resumeCharging,
  sentWithinTheHour,
} from "../../src/adapters/store/records/installation.ts";
import {
  askTime,
  chargingNodes,
  mustBeAlone,
  nodeOf,
  noteUnfinished,
  stillOwns,
} from "../../src/adapters/store/records/nodes.ts";
import { notificationOutbox } from "../../src/adapters/store/records/notification-outbox.ts";
import {
  customersToProbe,
  forgetCustomerReads,
  forgetReadFailures,
  noteReadFailure,
  unreadable,
} from "../../src/adapters/store/records/read-failures.ts";
import { countedRefundCents, paidCents, refundedParts } from "../../src/adapters/store/records/refunded.ts";
import { addShownRefund, refundRecords } from "../../src/adapters/store/records/refunds.ts";
import { requestRecords } from "../../src/adapters/store/records/requests.ts";
import { sweepRecords } from "../../src/adapters/store/records/sweep.ts";
import { webhookInbox } from "../../src/adapters/store/records/webhook-inbox.ts";
import { bareRows, words } from "../support/bare-rows.ts";
import { DAY_MS, HOUR_MS, later, NOW } from "../support/records.ts";

const books = bareRows();
const { put, execute, all, database, random } = books;
const AT = NOW.getTime();

describe("what goes to an archive beside invoices", () => {
  const beside = () => archivedBeside(database());
  const DAY = new Date(1000);
  const loose = async (after = "", limit = 9) => (await beside().looseEvents(DAY, after, limit)).ids;
  beforeEach(async () => {
    await put("installation", { notified_through: 50 });
    await put(
      "event",
      { id: "e1", at: 999, sequence: 1 },
      { id: "e2", at: 1, sequence: 2 },
      { id: "last", at: 1, sequence: 60 },
    );
  });

  test.each<[is: "goes" | "stays", change: string, because: string]>([
    ["goes", "select 1", "it was told, and is of nothing that stays"],
    ["stays", "update event set invoice_id = 'i' where id = 'e2'", "it goes with its invoice"],
    ["stays", "update event set subscription_id = 's' where id = 'e2'", "a subscription is told from its beginning"],
    [
      "stays",
      "update event set sequence = 99 where id = 'e2'; update installation set notified_through = 99",
      "the next number comes after it",
    ],
    ["stays", "update installation set notified_through = 1", "it is not told yet"],
    ["goes", "update installation set notified_through = 2", "it was passed"],
    ["goes", "update installation set notified_through = null", "nobody is told anything"],
    [
      "stays",
      "insert into event_delivery (event_id, state, tries, created_at) values ('e2', 'pending', 0, 0)",
      "it is being told",
    ],
    [
      "goes",
      "insert into event_delivery (event_id, state, tries, created_at) values ('e2', 'dead', 0, 0)",
      "nobody tells it any more",
    ],
    [
      "goes",
      "insert into event_delivery (event_id, state, tries, created_at) values ('e1', 'pending', 0, 0)",
      "another is being told",
    ],
  ])("an event %s: %s (%s)", async (is, change) => {
    await execute(change);
    expect((await loose()).includes("e2")).toBe(is === "goes");
    // Asked again where it is taken away.
    await put("archive", { id: "arc" }, { id: "arc_2" });
    await beside().takeEventsAway({ id: "arc" } as Archive, { ids: ["e2"], tables: {}, after: null });
    expect(await all("select 1 as one from event where id = 'e2'")).toHaveLength(is === "goes" ? 0 : 1);
    expect(words(await all("select events from archive order by id"))).toEqual([is === "goes" ? "1" : "0", "0"]);
    expect(await all("select 1 as one from event where id = 'e1'")).toHaveLength(1);
  });

  test("events come page by page with their deliveries, which go with them; those of the day stay", async () => {
    await execute("update event set at = 1000 where id = 'e2'");
    expect(await loose()).toEqual(["e1"]);
    await execute("update event set at = 999 where id = 'e2'");
    expect([await loose(), await loose("e1"), await loose("", 1)]).toEqual([["e1", "e2"], ["e2"], ["e1"]]);
    await put(
      "event_delivery",
      { event_id: "e1", state: "dead" },
      { event_id: "last" },
      { event_id: "e2", state: "dead" },
    );
    const copied = await beside().looseEvents(DAY, "", 1);
    expect(copied.tables["event_delivery"]?.map(({ event_id: id }) => id)).toEqual(["e1"]);
    await put("archive", { id: "arc" });
    await beside().takeEventsAway({ id: "arc" } as Archive, copied);
    expect(words(await all("select event_id from event_delivery order by event_id"))).toEqual(["e2", "last"]);
  });

  test("what handled webhooks said goes once, of those from before the day", async () => {
    await put(
      "webhook_event",
      { id: "w1", state: "processed", received_at: 999 },
      { id: "w2", state: "ignored", received_at: 1 },
      { id: "w3", state: "processed", received_at: 1000 },
      { id: "w4", state: "failed" },
      { id: "w5", state: "received" },
      { id: "w6", state: "processed", payload: '{"archived":true}' },
      { id: "w7", state: "processed" },
    );
    const handled = async (after = "", limit = 9) => (await beside().handledWebhooks(DAY, after, limit)).ids;
    expect([await handled(), await handled("w1"), await handled("", 2)]).toEqual([
      ["w1", "w2", "w7"],
      ["w2", "w7"],
      ["w1", "w2"],
    ]);
    await beside().emptyWebhooks({ ids: ["w1", "w4", "w6"], tables: {}, after: null });
    expect(words(await all("select id from webhook_event where payload <> '{}' order by id"))).toEqual(["w1", "w6"]);
  });
});

describe("refunds", () => {
  const refunds = () => refundRecords(database());
  const WANTED = {
    invoiceId: "inv",
    attemptId: null,
    amountCents: null,
    reason: "other",
    note: null,
    by: "ana",
    shownCents: null,
  } as const;
  beforeEach(async () => {
    await put("subscription", { id: "sub" });
    await put("customer", { id: "cus" });
    await put(
      "invoice",
      { id: "inv", cycle: 1, status: "paid", paid_at: 5, balance_cents: 100 },
      { id: "two", cycle: 2, status: "paid", paid_at: 5, subscription_id: "sub_2", customer_id: "cus_2" },
      { id: "open", cycle: 3 },
    );
    await put(
      "attempt",
      { id: "paid", state: "paid", order_id: "o1", paid_at: 5, moved_cents: 600 },
      { id: "again", state: "paid_again", order_id: "o2", paid_at: 5, moved_cents: null },
      { id: "declined", state: "declined" },
      { id: "other", state: "paid", order_id: "o3", invoice_id: "two", paid_at: 5 },
      { id: "open_1", invoice_id: "open" },
    );
  });
  const REFUND = { invoice_id: "inv", attempt_id: "paid", order_id: "o1", state: "requested", amount_cents: 7 };

  test.each<[found: string, wanted: object, because: string]>([
    ["paid 600", {}, "what paid the invoice, as much as moved"],
    ["again 500", { attemptId: "again" }, "a second payment, by its attempt"],
    ["other 500", { invoiceId: "two" }, "each invoice has its own"],
    ["NotFound.*attempt other", { attemptId: "other" }, "it is another invoice's"],
    ["Refused.*declined", { attemptId: "declined" }, "it paid nothing"],
    ["Refused.*open\\b", { invoiceId: "open" }, "nothing was paid"],
    ["NotFound.*none", { invoiceId: "none" }, "it is not there"],
  ])("%s: of %j (%s)", async (found, wanted) => {
    const asked = refunds().request({ ...WANTED, ...wanted }, NOW);
    const told = await asked.then(
      ({ attemptId, amountCents }) => `${attemptId} ${amountCents}`,
      (error: Error) => `${error.name} ${error.message}`,
    );
    expect(told).toMatch(new RegExp(found));
  });

  test.each<[left: number, states: readonly string[]]>([
    [600, ["refused", "not_sent"]],
    [593, ["requested"]],
    [593, ["done"]],
    [593, ["unknown"]],
    [586, ["done", "unknown", "refused"]],
  ])("%i cents are left of a payment after refunds that are %j", async (left, states) => {
    for (const [at, state] of states.entries())
      await put("refund", { ...REFUND, id: `r${at}`, state, ...(state === "done" && { settled_at: 5 }) });
    await put("refund", { ...REFUND, id: "x", attempt_id: "again", amount_cents: 50 });
    await expect(refunds().request({ ...WANTED, amountCents: left + 1 }, NOW)).rejects.toThrow("paid");
    expect(await refunds().request({ ...WANTED, amountCents: null }, NOW)).toMatchObject({ amountCents: left });
    await expect(refunds().request({ ...WANTED, amountCents: null }, NOW)).rejects.toThrow(/0\.00/);
  });

  test("the last cent of a payment can go back, and no more; of an archive it is said where it is", async () => {
    await put("refund", { ...REFUND, id: "r", amount_cents: 599 });
    expect(await refunds().request({ ...WANTED, amountCents: 1 }, NOW)).toMatchObject({ amountCents: 1 });
    await expect(refunds().request({ ...WANTED, amountCents: 1 }, NOW)).rejects.toThrow(/0\.00/);
    await put("archive", { id: "arc", file: "/srv/old.db" });
    await put("archived_invoice", { invoice_id: "gone", archive_id: "arc" });
    await expect(refunds().request({ ...WANTED, invoiceId: "gone" }, NOW)).rejects.toThrow("/srv/old.db");
  });

  test("a refund is written as it was asked for; those of an order come in their order", async () => {
    const asked = await refunds().request(
      { ...WANTED, amountCents: 600, note: "sorry", reason: "suspected_fraud" },
      NOW,
    );
    expect(await all("select * from refund")).toMatchObject([
      {
        ...{ id: asked.id, invoice_id: "inv", attempt_id: "paid", order_id: "o1", amount_cents: 600, currency: "MXN" },
        ...{ reason: "suspected_fraud", note: "sorry", requested_by: "ana", state: "requested", created_at: AT },
        ...{ because: null, settled_at: null, taxes: null, base_cents: null, tax_cents: null },
      },
    ]);
    await put(
      "refund",
      { ...REFUND, id: "b", created_at: 9 },
      { ...REFUND, id: "a", created_at: 9 },
      { ...REFUND, id: "c", created_at: 8 },
      { ...REFUND, id: "d", order_id: "o2" },
    );
    expect((await refunds().ofOrder("o1")).map(({ id }) => id)).toEqual(["c", "a", "b", asked.id]);
    expect(
      (await refundedParts(books.em, "paid")).map(({ amountCents }) => amountCents).toSorted((a, b) => a - b),
    ).toEqual([7, 7, 7, 7, 600]);
    const listed = async (filter: object) => (await refunds().list(filter)).map(({ refundId }) => refundId);
    await execute("update refund set state = 'refused' where id = 'a'");
    expect(await listed({ states: ["refused"] })).toEqual(["a"]);
    expect(await listed({ invoiceId: "two" })).toEqual([]);
    expect(await listed({ invoiceId: "inv" })).toEqual([asked.id, "b", "a", "c", "d"]);
  });

  test("what was paid of an invoice is what moved and what the balance paid, less what may have gone back", async () => {
    expect([
      await paidCents(books.em, "inv"),
      await paidCents(books.em, "open"),
      await paidCents(books.em, "none"),
    ]).toEqual([600, 0, 0]);
    await put(
      "refund",
      { ...REFUND, id: "a", amount_cents: 100 },
      { ...REFUND, id: "b", amount_cents: 10, state: "refused" },
      { ...REFUND, id: "c", invoice_id: "two" },
    );
    expect(await paidCents(books.em, "inv")).toBe(500);
    await execute("update refund set amount_cents = 900 where id = 'a'");
    expect(await paidCents(books.em, "inv")).toBe(0);
  });

  test.each<[kind: "done" | "refused" | "not_sent" | "unknown", rest: object, row: object]>([
    ["done", { gatewayRefundId: "g" }, { settled_at: AT, gateway_refund_id: "g", failure_code: null }],
    [
      "refused",
      { failureCode: "f", failureMessage: "m" },
      { settled_at: AT, failure_code: "f", failure_message: "m", gateway_refund_id: null },
    ],
    ["not_sent", {}, { settled_at: AT }],
    ["unknown", {}, { settled_at: null }],
  ])("one that is %s is settled alone, told once, and is not settled again", async (kind, rest, row) => {
    await put(
      "refund",
      { ...REFUND, id: "a", base_cents: 6, tax_cents: 1 },
      { ...REFUND, id: "b", settled_at: 5 },
      { ...REFUND, id: "c" },
    );
    const outcome = { kind, ...rest, trace: { httpStatus: 200, logId: "l", because: "so" } } as Parameters<
      ReturnType<typeof refunds>["settle"]
    >[1];
    for (const id of ["a", "b"]) await refunds().settle(id, outcome, NOW);
    const [a, b, c] = await all("select * from refund order by id");
    expect(a).toMatchObject({ state: kind, http_status: 200, log_id: "l", because: "so", ...row });
    expect([b, c]).toMatchObject([{ state: "requested", settled_at: 5 }, { state: "requested" }]);
    const events = await all("select type, customer_id, subscription_id, invoice_id, attempt_id from event");
    expect(words(events)).toEqual([
      `${kind === "done" ? "invoice.refunded" : `invoice.refund_${kind}`} cus sub inv paid`,
    ]);
  });

  test("one that the order shows is written as done; of an attempt that nobody knows nothing is", async () => {
    const shown = {
      id: "s",
      invoiceId: "inv",
      attemptId: "paid",
      orderId: "o1",
      amountCents: 9,
      currency: "MXN",
      because: "shown",
    };
    await addShownRefund(books.em, shown, NOW);
    await addShownRefund(books.em, { ...shown, id: "t", attemptId: "none" }, NOW);
    expect(await all("select * from refund")).toMatchObject([
      {
        id: "s",
        state: "done",
        settled_at: AT,
        created_at: AT,
        requested_by: "conekta",
        reason: "other",
        because: "shown",
        note: null,
      },
    ]);
  });

  test("counted is what may have gone back, of the named payments", async () => {
    const states = ["requested", "done", "unknown", "refused", "not_sent"];
    for (const [at, state] of states.entries())
      await put("refund", { ...REFUND, id: state, amount_cents: 10 ** at, state, settled_at: 5 });
    await put("refund", { ...REFUND, id: "x", attempt_id: "other" });
    expect([await countedRefundCents(books.em, ["paid"]), await countedRefundCents(books.em, ["none"])]).toEqual([
      111, 0,
    ]);
  });
});

describe("disputes", () => {
  test("are found by their order and their id, and written once a charge", async () => {
    await put(
      "dispute",
      { id: "d2", charge_id: "c2", order_id: "o" },
      { id: "d1", charge_id: "c1", order_id: "o" },
      { id: "d3", charge_id: "c3", order_id: "p" },
    );
    expect((await disputesOf(books.em, "o")).map(({ id }) => id)).toEqual(["d1", "d2"]);
    expect(await disputeById(books.em, "none")).toBeNull();
    const known = (await disputeById(books.em, "d1"))!;
    const change = {
      status: "lost",
      outcome: "lost",
      closedAt: later(1),
      closedBy: "eva",
      why: "said so",
      reason: "fraud",
      gatewayDisputeId: "g",
      nextReadAt: later(2),
      evidenceDueBy: later(3),
      disputedAt: later(4),
    } as const;
    await putDispute(books.em, { ...known, ...change, id: "d9", openedAt: later(9), amountCents: 9 });
    expect(await disputeById(books.em, "d1")).toEqual({ ...known, ...change });
    expect(await disputeById(books.em, "d2")).toMatchObject({ status: "under_review", closedBy: null });
  });

  const CHARGE = { state: "paid", paid_at: 5 };
  const reads = async (limit = 9, now = NOW) =>
    (await disputeReads(books.em, now, limit)).map(({ attemptId, days }) => `${attemptId} ${days}`);
  beforeEach(() =>
    put(
      "attempt",
      { id: "a", invoice_id: "1", order_id: "oa", claimed_at: AT - 7 * DAY_MS, ...CHARGE },
      { id: "b", invoice_id: "2", order_id: "ob", claimed_at: AT - 7 * DAY_MS + 1, ...CHARGE },
      { id: "c", invoice_id: "3", order_id: "oc", claimed_at: AT - 37 * DAY_MS, ...CHARGE, state: "paid_again" },
      { id: "g", invoice_id: "7", order_id: "og", claimed_at: AT - 37 * DAY_MS - 1, ...CHARGE },
      { id: "d", invoice_id: "4", order_id: "od", claimed_at: AT - 37 * DAY_MS + 1, ...CHARGE },
      { id: "e", invoice_id: "5", order_id: null, claimed_at: AT - 8 * DAY_MS, ...CHARGE },
      { id: "f", invoice_id: "6", order_id: "of", claimed_at: AT - 8 * DAY_MS, state: "declined" },
    ),
  );

  test("of charges of one instant each is read for all its days, the first by its id", async () => {
    const same = { invoice_id: "9", claimed_at: AT - 37 * DAY_MS, ...CHARGE, state: "paid_again" };
    await put("attempt", { id: "c0", order_id: "o0", ...same }, { id: "b9", order_id: "o9", ...same });
    expect((await reads()).slice(1, 7)).toEqual(["b9 7", "b9 30", "c 7", "c 30", "c0 7", "c0 30"]);
  });

  test("charges are read when their days have come, those of the last thirty first of all, page by page", async () => {
    await put("dispute", { id: "dx", charge_id: "ca", order_id: "oc", next_read_at: AT + 9 * DAY_MS });
    expect(await reads()).toEqual(["g 30", "c 7", "c 30", "d 7", "d 30", "a 7"]);
    expect(await reads(3)).toEqual(["g 30", "c 7", "c 30"]);
    await noteDisputeReads(books.em, await disputeReads(books.em, NOW, 3), NOW);
    expect(await reads()).toEqual(["d 7", "d 30", "a 7"]);
    await noteDisputeReads(books.em, await disputeReads(books.em, NOW, 9), NOW);
    expect([await reads(), await reads(9, later(1))]).toEqual([[], ["b 7"]]);
    expect(words(await all("select next_read_at from dispute"))).toEqual([`${AT + 9 * DAY_MS}`]);
    // Who was slower takes nothing back.
    await noteDisputeReads(
      books.em,
      [{ orderId: "oc", attemptId: "c", days: 7, chargedAt: new Date(AT - 37 * DAY_MS) }],
      NOW,
    );
    expect(await reads()).toEqual([]);
  });

  test("those that are open, and those that could not be read, come first and again", async () => {
    await execute("update attempt set state = 'declined'");
    await execute("update attempt set state = 'paid' where id in ('a', 'b', 'd', 'e')");
    await put(
      "dispute",
      { id: "d1", charge_id: "c1", order_id: "z", attempt_id: "za", next_read_at: AT },
      { id: "d2", charge_id: "c2", order_id: "y", attempt_id: "ya", next_read_at: AT + 1 },
      { id: "d3", charge_id: "c3", order_id: "x", attempt_id: "xa", next_read_at: null, outcome: "won" },
    );
    await put(
      "read_failure",
      { id: "b", kind: "attempt", next_read_at: AT },
      { id: "e", kind: "attempt", next_read_at: AT - 1 },
      { id: "c", kind: "attempt", next_read_at: AT - 1 },
      { id: "a", kind: "charge", next_read_at: AT - 1 },
      { id: "za", kind: "charge", next_read_at: AT + 9 },
    );
    expect(await reads()).toEqual(["b null", "za null", "d 7", "d 30", "a 7"]);
    expect(await reads(3)).toEqual(["b null", "za null", "d 7"]);
    expect([await reads(2), await reads(1)]).toEqual([["b null", "za null"], ["b null"]]);
    await noteDisputeReads(books.em, await disputeReads(books.em, NOW, 2), NOW);
    expect(await all("select * from dispute_reading")).toEqual([]);
    expect(words(await all("select id, next_read_at from dispute order by id"))).toEqual([
      `d1 ${AT + DAY_MS}`,
      `d2 ${AT + 1}`,
      "d3 null",
    ]);
    await execute(
      `update dispute set order_id = 'ob'; update read_failure set next_read_at = ${AT + 1} where id = 'b'`,
    );
    await put("read_failure", { id: "ya", kind: "attempt", next_read_at: AT + 2 });
    expect(await reads(9, later(1))).toEqual(["d 7", "d 30", "a 7", "b 7"]);
    await execute("delete from dispute where next_read_at is not null");
    expect((await reads(9, later(1)))[0]).toBe("b null");
  });
});

describe("what a sweep asks", () => {
  const sweep = () => sweepRecords(database());
  beforeEach(() => put("installation", { created_at: 44 }));

  test("when a charge was last sent: of the latest claims, the latest sending", async () => {
    await put(
      "attempt",
      { id: "a", claimed_at: 5, sent_at: 9 },
      { id: "b", claimed_at: 6, sent_at: 8 },
      { id: "c", claimed_at: 7, sent_at: null },
    );
    expect([await sweep().lastSentAt(), await sweep().createdAt()]).toEqual([new Date(9), new Date(44)]);
  });

  test("without an installation it was made at no time; orders are compared further and further, never back", async () => {
    const compared = async (until: number) => {
      await sweep().noteCompared(later(until));
      return (await sweep().comparedUntil())?.getTime();
    };
    expect(await sweep().comparedUntil()).toBe(null);
    expect([await compared(5), await compared(3), await compared(7)]).toEqual([AT + 5, AT + 5, AT + 7]);
    await execute("delete from installation");
    expect(await sweep().createdAt()).toEqual(new Date(0));
  });

  test("of more claims than one batch takes the latest tell when a charge was last sent", async () => {
    await put("attempt", { id: "old", claimed_at: 5, sent_at: 99 });
    await execute(
      `insert into attempt (id, invoice_id, customer_id, number, state, reference, flow, amount_cents, currency, claimed_by,
         claim_epoch, claimed_at, claimed_until, sent_at, inquiries, evidence)
       with recursive n(n) as (select 1 union all select n + 1 from n where n < 1000)
       select 'a' || n, 'x', 'x', n, 'declined', 'x' || n, 'single', 5, 'MXN', 'own', 1, 10, 0, 20, 0, '[]' from n`,
    );
    expect(await sweep().lastSentAt()).toEqual(new Date(20));
  });

  test("orders are set aside by a person, each told once", async () => {
    await sweep().keepAside(["o1", "o2"], { why: "another shop's", by: "ana" }, NOW);
    await sweep().keepAside(["o2", "o3"], { why: "again", by: "eva" }, later(5));
    expect(words(await all("select order_id, at, why, set_aside_by from order_set_aside order by 1"))).toEqual([
      ...[`o1 ${AT} another shop's ana`, `o2 ${AT} another shop's ana`, `o3 ${AT + 5} again eva`],
    ]);
    expect(words(await all("select type, data from event order by sequence"))).toEqual([
      'order.set_aside {"orderId":"o1","why":"another shop\'s","by":"ana"}',
      'order.set_aside {"orderId":"o2","why":"another shop\'s","by":"ana"}',
      'order.set_aside {"orderId":"o3","why":"again","by":"eva"}',
    ]);
    expect(await sweep().setAside(["o2", "o9", "o1"])).toEqual(new Set(["o1", "o2"]));
    expect([await sweep().setAside([]), await sweep().setAside(["o9"])]).toEqual([new Set(), new Set()]);
  });

  test("an attempt that the books have is imported no more; what a person denied is told with what was paid", async () => {
    await put("invoice", { id: "inv", cycle: 1 });
    await put("attempt", { id: "a", reference: "inv-7", sent_at: AT, state: "paid", paid_at: 1 });
    await sweep().importAttempt(LOST, NOW);
    expect(await all("select id from attempt")).toEqual([{ id: "a" }]);
    const denied = async () =>
      (await sweep().paidAttempts({ from: NOW, to: NOW })).map(({ isDenied, subscriptionId }) => [
        isDenied,
        subscriptionId,
      ]);
    await put("denied_charge", { attempt_id: "other" });
    expect(await denied()).toEqual([[false, "sub"]]);
    await put("denied_charge", { attempt_id: "a" });
    expect(await denied()).toEqual([[true, "sub"]]);
  });

  test("what was paid within a window, both ends included, as it was sent", async () => {
    await put("invoice", { id: "inv", cycle: 1 });
    await put(
      "attempt",
      { id: "b", state: "paid", paid_at: 1, sent_at: AT },
      { id: "a", invoice_id: "inv", state: "paid_again", sent_at: AT },
      { id: "c", state: "declined", sent_at: AT },
      { id: "d", state: "paid_again", sent_at: AT - 1 },
      { id: "e", state: "paid_again", sent_at: AT + 1 },
    );
    const within = async (from: number, to: number) =>
      (await sweep().paidAttempts({ from: later(from), to: later(to) })).map(({ attemptId }) => attemptId);
    expect([await within(0, 0), await within(-1, 0), await within(0, 1)]).toEqual([
      ["a", "b"],
      ["d", "a", "b"],
      ["a", "b", "e"],
    ]);
  });

  test("the orders of what may still be paid, in the order in which it falls due", async () => {
    await put(
      "invoice",
      { id: "c", cycle: 1, order_id: "oc", next_attempt_at: 5 },
      { id: "b", cycle: 2, order_id: "ob", dunning_due_at: 5 },
      { id: "a", cycle: 3, order_id: "oa", next_attempt_at: 6, dunning_due_at: 1 },
      { id: "z", cycle: 4, order_id: "oz", status: "uncollectible" },
      { id: "p", cycle: 5, order_id: "op", status: "paid", paid_at: 5 },
      { id: "n", cycle: 6 },
    );
    expect((await sweep().unpaidOrders()).map(({ orderId }) => orderId)).toEqual(["oz", "ob", "oc", "oa"]);
    expect(await sweep().unpaidOrders(1)).toEqual([{ orderId: "oz", invoiceId: "z", subscriptionId: "sub", cycle: 4 }]);
  });

  test("all that is uncertain is asked about at once, put aside or not", async () => {
    await put(
      "attempt",
      { id: "u", state: "unknown" },
      { id: "p", invoice_id: "2", state: "pending", next_inquiry_at: AT + 9 },
      { id: "d", state: "declined" },
      { id: "s", invoice_id: "3", state: "sending" },
    );
    await put(
      "read_failure",
      { id: "u", kind: "attempt", next_read_at: 7 },
      { id: "d", kind: "attempt", next_read_at: 7 },
    );
    expect(await sweep().inquireAboutAll(NOW)).toBe(2);
    expect(words(await all("select id, next_inquiry_at from attempt order by id"))).toEqual([
      "d null",
      `p ${AT}`,
      "s null",
      `u ${AT}`,
    ]);
    expect(words(await all("select id, next_read_at from read_failure order by id"))).toEqual(["d 7", `u ${AT}`]);
  });

  const LOST = {
    reference: "inv-7",
    invoiceId: "inv",
    flow: "single",
    orderId: "ord",
    sentAt: later(-9),
    state: "unknown",
  } as const;
  test.each<[number, string, string]>([
    [7, "inv-7", "its reference names it"],
    [5, "inv-4", "that number is taken"],
    [5, "inv-0", "no number is so low"],
    [5, "strange-7", "the reference is of another form"],
    [5, "inv-1234567", "no number is so long"],
    [3, "inv-3", "it is free, though lower"],
    [1, "inv-1", "the first is one"],
  ])("a lost attempt has the number %i: %s (%s)", async (number, reference) => {
    await put("invoice", { id: "inv", cycle: 1, next_attempt_at: 5 });
    await put(
      "attempt",
      { id: "a", number: 4, reference: "x" },
      { id: "b", number: 9, invoice_id: "other", reference: "y" },
    );
    await sweep().importAttempt({ ...LOST, reference }, NOW);
    const [row] = await all("select * from attempt where claimed_by = 'reconcile'");
    expect(row).toMatchObject({
      number,
      reference,
      state: "unknown",
      order_id: null,
      sent_at: AT - 9,
      claimed_at: AT - 9,
      claimed_until: AT - 9,
      settled_at: null,
      next_inquiry_at: AT,
      inquiries: 0,
    });
    expect(await all("select next_attempt_at, order_id from invoice")).toEqual([
      { next_attempt_at: null, order_id: null },
    ]);
    expect(await all("select type, attempt_id from event")).toEqual([
      { type: "attempt.imported", attempt_id: row?.["id"] },
    ]);
  });

  test.each<[order: string | null, change: string, because: string]>([
    ["ord", "select 1", "the invoice has none"],
    ["old", "update invoice set order_id = 'old' where id = 'inv'", "it has one"],
    [null, "update invoice set order_id = 'ord' where id = 'two'", "it is another invoice's"],
  ])("in order_first the order is %p's: %s (%s)", async (order, change) => {
    await put("invoice", { id: "inv", cycle: 1, next_attempt_at: 5 }, { id: "two", cycle: 2 });
    await execute(change);
    await sweep().importAttempt({ ...LOST, flow: "order_first", state: "released" }, NOW);
    expect(await all("select order_id, next_attempt_at from invoice where id = 'inv'")).toEqual([
      { order_id: order, next_attempt_at: 5 },
    ]);
    expect(await all("select order_id, settled_at, next_inquiry_at from attempt")).toEqual([
      { order_id: "ord", settled_at: AT, next_inquiry_at: null },
    ]);
    expect(await all("select * from payment_link")).toEqual([]);
  });

  test("a lost page is a page; of an invoice that is not there nothing is written", async () => {
    await put("invoice", { id: "inv", cycle: 1 });
    await sweep().importAttempt({ ...LOST, flow: "link" }, NOW);
    expect(
      await all("select invoice_id, url, methods, requested_by, created_at, expires_at, rechecks from payment_link"),
    ).toEqual([
      {
        invoice_id: "inv",
        url: null,
        methods: "[]",
        requested_by: "reconcile",
        created_at: AT - 9,
        expires_at: AT - 9,
        rechecks: 0,
      },
    ]);
    await expect(sweep().importAttempt({ ...LOST, invoiceId: "none", reference: "none-1" }, NOW)).rejects.toThrow(
      "not in the books",
    );
  });
});

describe("what cannot be read", () => {
  const UNPAID = { id: "s", customer_id: "x", status: "unpaid", next_billing_at: 5 };

  test.each<[counts: boolean, kind: string, rows: () => Promise<void>, because: string]>([
    [
      true,
      "customer",
      () => put("invoice", { id: "i", cycle: 1, customer_id: "x", next_attempt_at: 5 }),
      "an invoice was due when it failed",
    ],
    [
      false,
      "customer",
      () => put("invoice", { id: "i", cycle: 1, customer_id: "x", next_attempt_at: 6 }),
      "it falls due later",
    ],
    [
      false,
      "customer",
      () => put("invoice", { id: "i", cycle: 1, customer_id: "y", next_attempt_at: 5 }),
      "it is another's",
    ],
    [
      true,
      "charge",
      () => put("invoice", { id: "i", cycle: 1, customer_id: "x", next_attempt_at: 6 }),
      "the next try is put off by it",
    ],
    [false, "charge", () => put("invoice", { id: "i", cycle: 1, customer_id: "x" }), "nothing is to be tried"],
    [true, "customer", () => put("subscription", UNPAID), "a cycle is void only once its customer was read"],
    [false, "customer", () => put("subscription", { ...UNPAID, next_billing_at: 6 }), "it falls due later"],
    [false, "customer", () => put("subscription", { ...UNPAID, status: "active" }), "it is opened unread"],
    [false, "customer", () => put("subscription", { ...UNPAID, customer_id: "y" }), "it is another's"],
    [false, "charge", () => put("subscription", UNPAID), "who cannot be charged can be read"],
    [true, "attempt", () => put("attempt", { id: "x", next_inquiry_at: 9 }), "it is asked about"],
    [false, "attempt", () => put("attempt", { id: "x", next_inquiry_at: null }), "it is not"],
    [
      true,
      "attempt",
      () => put("payment_link", { id: "l", attempt_id: "x", invoice_id: "i", recheck_at: 9 }),
      "its page is read again",
    ],
    [false, "attempt", () => put("payment_link", { id: "l", attempt_id: "x", invoice_id: "i" }), "it is not"],
    [true, "attempt", () => put("denied_charge", { attempt_id: "x", recheck_at: 9 }), "a person's word is proved"],
    [false, "attempt", () => put("denied_charge", { attempt_id: "x", recheck_at: null }), "it is not"],
  ])("counts (%p), of the kind %s (%#)", async (counts, kind, rows) => {
    await put("read_failure", { id: "x", kind, failed_at: 5, failed_since: 3 });
    await rows();
    expect(await unreadable(books.em)).toEqual(
      counts ? { count: 1, oldestAt: new Date(3) } : { count: 0, oldestAt: null },
    );
  });

  test("each counts once, since the first of its failures; a read forgets nothing of charges", async () => {
    await put(
      "read_failure",
      { id: "x", failed_at: 5, failed_since: 4 },
      { id: "x", kind: "charge", failed_at: 5, failed_since: 3 },
      { id: "y", failed_at: 5, failed_since: 2 },
    );
    await put(
      "invoice",
      { id: "i", cycle: 1, customer_id: "x", next_attempt_at: 5 },
      { id: "j", cycle: 2, customer_id: "y", next_attempt_at: 5 },
    );
    expect(await unreadable(books.em)).toEqual({ count: 2, oldestAt: new Date(2) });
    await forgetCustomerReads(books.em, "x");
    expect(words(await all("select id, kind from read_failure order by id"))).toEqual(["x charge", "y customer"]);
  });

  test("who proves the key are the first customers that nothing is known against", async () => {
    await put(
      "subscription",
      { id: "a", customer_id: "x" },
      { id: "c", customer_id: "z" },
      { id: "b", customer_id: "y" },
      { id: "d", customer_id: "z" },
    );
    await put("read_failure", { id: "x", kind: "charge" });
    expect([await customersToProbe(books.em, 9), await customersToProbe(books.em, 1)]).toEqual([["y", "z"], ["y"]]);
  });
});

describe("the inbox", () => {
  const inbox = () => webhookInbox(database());

  test("what is due at this instant is handed out", async () => {
    await put("webhook_event", { id: "a", next_try_at: AT });
    expect(await inbox().take({ now: new Date(AT - 1), limit: 9, until: later(5) })).toEqual([]);
    expect(await inbox().take({ now: NOW, limit: 9, until: later(5) })).toHaveLength(1);
  });

  test("receives each event once: to be handled, or passed over for a reason", async () => {
    const event = (id: string) => ({
      ...{ id, type: "order.paid", livemode: true, orderId: "o", customerId: null, payload: { a: 1 } },
    });
    const entries = [
      { event: event("a"), ignoredBecause: null },
      { event: event("b"), ignoredBecause: "of another mode" },
    ];
    expect(await inbox().receive(entries, NOW)).toEqual(new Set(["a", "b"]));
    expect(await inbox().receive(entries.slice(0, 1), later(5))).toEqual(new Set());
    expect(
      await all(
        "select id, state, received_at, processed_at, tries, next_try_at, because from webhook_event order by 1",
      ),
    ).toEqual([
      { id: "a", state: "received", received_at: AT, processed_at: null, tries: 0, next_try_at: AT, because: null },
      {
        id: "b",
        state: "ignored",
        received_at: AT,
        processed_at: AT,
        tries: 0,
        next_try_at: null,
        because: "of another mode",
      },
    ]);
  });

  test("where nothing is due nobody waits for the right to write; one is replayed by its id", async () => {
    let written = 0;
    const counted = webhookInbox({
      ...database(),
      beside: async (_whose, work) => {
        written += 1;
        return await work(books.em, false);
      },
    });
    await put("webhook_event", { id: "a", state: "failed" }, { id: "b", state: "failed", next_try_at: AT + 1 });
    const take = async () => (await counted.take({ now: NOW, limit: 9, until: later(5) })).length;
    expect([await take(), written]).toEqual([0, 0]);
    expect(await counted.replay({ id: "a" }, NOW)).toEqual(["a"]);
    expect([await take(), written]).toEqual([1, 1]);
  });

  test("hands out what is due, the first first, with the order that its charge is of", async () => {
    await put("attempt", { id: "a", charge_id: "chr", order_id: "o_chr" });
    await put(
      "webhook_event",
      { id: "c", next_try_at: AT, order_id: "o" },
      { id: "b", next_try_at: AT, payload: '{"data":{"object":{"charge_id":"chr"}}}' },
      { id: "a", next_try_at: AT + 1 },
      { id: "d", next_try_at: AT - 1, tries: 2 },
      { id: "e", next_try_at: null },
    );
    const taken = await inbox().take({ now: NOW, limit: 9, until: later(5) });
    expect(
      words(taken.map(({ id, orderId, tries }) => ({ id, orderId, tries }))).toSorted((a, b) => (a < b ? -1 : 1)),
    ).toEqual(["b o_chr 1", "c o 1", "d null 3"]);
    expect(await inbox().take({ now: NOW, limit: 9, until: later(5) })).toEqual([]);
    expect(await inbox().take({ now: later(5), limit: 2, until: later(6) })).toHaveLength(2);
    expect(words(await all("select id from webhook_event where next_try_at = 1772290800006 order by id"))).toEqual([
      "a",
      "b",
    ]);
  });

  test("one that waits again is not done; what somebody else has finished is not finished again", async () => {
    await put(
      "webhook_event",
      { id: "a", next_try_at: 5 },
      { id: "b", next_try_at: 5 },
      { id: "c", state: "processed", because: "before" },
    );
    const note = { type: "plan.changed" } as const;
    await inbox().finish(
      [
        { id: "a", state: "processed", because: null, nextTryAt: null, notes: [note] },
        { id: "b", state: "received", because: "later", nextTryAt: later(9), notes: [] },
        { id: "c", state: "failed", because: "now", nextTryAt: null, notes: [note] },
      ],
      NOW,
    );
    expect(
      words(await all("select id, state, because, next_try_at, processed_at from webhook_event order by id")),
    ).toEqual([...[`a processed null null ${AT}`, `b received later ${AT + 9} null`, "c processed before null null"]]);
    expect(await all("select type from event")).toHaveLength(1);
  });

  test("finds attempts by an order of their own, by one that they share, or by reference, in their order", async () => {
    await put("invoice", { id: "inv", cycle: 1 });
    await put(
      "attempt",
      { id: "c", number: 3, order_id: "o" },
      { id: "b", number: 2, order_id: "s", flow: "order_first" },
      { id: "a", number: 1, order_id: "s", flow: "order_first", reference: "ref" },
      { id: "d", number: 4, order_id: "x", reference: "ref_d" },
    );
    const found = async (orderId: string, references: string[] = []) =>
      (await inbox().attemptsOf(orderId, references)).map(({ attemptId }) => attemptId).join(" ");
    expect([
      await found("o"),
      await found("s"),
      await found("s", ["ref_d", "ref"]),
      await found("", ["ref_d"]),
    ]).toEqual(["c", "a b", "a b d", "d"]);
  });

  test("knows the invoices of references that were moved", async () => {
    await put("archived_invoice", { invoice_id: "inv-1" });
    expect([await inbox().isArchived(["x-1", "inv-1-12"]), await inbox().isArchived(["inv-1", "inv-2-1"])]).toEqual([
      true,
      false,
    ]);
  });

  test("is replayed from the beginning, one or all that failed, as they came", async () => {
    await put(
      "webhook_event",
      { id: "b", state: "failed", received_at: 5, tries: 9, because: "x", processed_at: 5 },
      { id: "a", state: "failed", received_at: 5 },
      { id: "c", state: "failed", received_at: 4 },
      { id: "d", state: "processed" },
    );
    expect(await inbox().replay({ state: "failed" }, NOW)).toEqual(["c", "a", "b"]);
    expect(await inbox().replay({ id: "none" }, NOW)).toEqual([]);
    expect(
      await all("select state, next_try_at, processed_at, because, tries from webhook_event where id = 'b'"),
    ).toEqual([{ state: "received", next_try_at: AT, processed_at: null, because: null, tries: 0 }]);
    expect(await all("select state from webhook_event where id = 'd'")).toEqual([{ state: "processed" }]);
  });
});

describe("the outbox", () => {
  const outbox = () => notificationOutbox(database());
  const TYPES = ["invoice.paid"];
  beforeEach(async () => {
    await put("installation", { notified_through: 1 });
    for (const sequence of [1, 2, 3, 4])
      await put("event", {
        id: `e${sequence}`,
        sequence,
        at: sequence,
        ...(sequence === 3 && { type: "plan.changed" }),
      });
  });
  const deliveries = async () =>
    words(await all("select event_id, state, tries, next_try_at from event_delivery order by event_id"));

  test("gathers what comes after its place, as far as it may, and nothing twice", async () => {
    await put("event_delivery", { event_id: "e2", state: "dead" });
    expect(await outbox().gather(TYPES, NOW, 2)).toBe(2);
    expect(await deliveries()).toEqual(["e2 dead 0 null"]);
    expect([await outbox().gather(TYPES, NOW, 9), await outbox().gather(TYPES, NOW, 9)]).toEqual([1, 0]);
    expect(await deliveries()).toEqual(["e2 dead 0 null", `e4 pending 0 ${AT}`]);
    expect(words(await all("select notified_through from installation"))).toEqual(["4"]);
  });

  test("begins at the end", async () => {
    await execute("update installation set notified_through = null");
    expect(await outbox().gather(TYPES, NOW, 9)).toBe(0);
    expect([words(await all("select notified_through from installation")), await deliveries()]).toEqual([["4"], []]);
    await execute("delete from event; update installation set notified_through = null");
    expect(await outbox().gather(TYPES, NOW, 9)).toBe(0);
    expect(words(await all("select notified_through from installation"))).toEqual(["0"]);
    expect(await outbox().gather(TYPES, NOW, 9)).toBe(0);
  });

  test("stays at its place where it gathers none", async () => {
    expect(await outbox().gather(TYPES, NOW, 0)).toBe(0);
    expect(words(await all("select notified_through from installation"))).toEqual(["1"]);
  });

  test("tells what came after a place, in order", async () => {
    const after = async (place: number, limit = 9) =>
      (await outbox().after(place, limit)).map(({ eventId }) => eventId);
    expect([await after(2), await after(0, 2), await after(4)]).toEqual([["e3", "e4"], ["e1", "e2"], []]);
  });

  test("counts what waits and what is dead, and since when; dead ones are sent again from an instant on, in order", async () => {
    await put(
      "event_delivery",
      { event_id: "e4", next_try_at: 9 },
      { event_id: "e2", next_try_at: 7 },
      { event_id: "e3", state: "dead" },
      { event_id: "e1", state: "dead", tries: 5 },
      { event_id: "gone", state: "delivered" },
    );
    expect(await outbox().counts()).toEqual({ pending: 2, oldestPendingAt: new Date(2), dead: 2 });
    expect(await outbox().nextTryAt()).toEqual(new Date(7));
    expect(await outbox().resend({ dead: true, since: new Date(3) }, NOW)).toEqual(["e3"]);
    await execute("update event_delivery set state = 'dead' where event_id = 'e3'");
    expect(await outbox().resend({ dead: true }, NOW)).toEqual(["e1", "e3"]);
    expect(await deliveries()).toEqual([
      `e1 pending 0 ${AT}`,
      "e2 pending 0 7",
      `e3 pending 0 ${AT}`,
      "e4 pending 0 9",
      "gone delivered 0 null",
    ]);
  });

  test("a try that fails says when the next is, or that there is none, and why", async () => {
    await put("event_delivery", { event_id: "e1", next_try_at: 5 }, { event_id: "e2", next_try_at: 5 });
    const failed = { tries: 0, httpStatus: 500 };
    await outbox().mark(
      [
        { eventId: "e1", ...failed, delivery: { state: "pending", nextTryAt: later(9), because: "status 500" } },
        { eventId: "e2", ...failed, delivery: { state: "dead", because: "status 410" } },
      ],
      NOW,
    );
    expect(await deliveries()).toEqual([`e1 pending 1 ${AT + 9}`, "e2 dead 1 null"]);
    expect(
      words(await all("select last_http_status, last_error, delivered_at from event_delivery order by 2")),
    ).toEqual([...["500 status 410 null", "500 status 500 null"]]);
  });

  test.each<[found: string, filter: object, because: string]>([
    ["e4 e3 e2 e1", {}, "the newest first"],
    ["e4 e3", { limit: 2 }, "so many"],
    ["e3", { type: "plan.changed" }, "of one type"],
    ["e2", { subscriptionId: "sub" }, "of one subscription"],
    ["e1", { state: "dead" }, "of one state"],
    ["e4 e3 e2", { since: new Date(2) }, "from an instant on"],
    ["", { since: new Date(2), state: "dead" }, "all of it"],
  ])("%p are listed of %j (%s)", async (found, filter) => {
    await execute("update event set subscription_id = 'sub' where id = 'e2'");
    await put("event_delivery", { event_id: "e1", state: "dead", tries: 3, last_error: "x", last_http_status: 500 });
    const listed = await outbox().list({ limit: 9, ...filter });
    expect(listed.map(({ eventId }) => eventId).join(" ")).toBe(found);
    const page = await outbox().page({ limit: 9, ...filter });
    expect(page.rows).toEqual(listed);
  });

  test("one that was never to be told is listed without a delivery; the types of events are asked by their ids", async () => {
    await put("event_delivery", { event_id: "e1", state: "dead", tries: 3, last_error: "x", last_http_status: 500 });
    const [none, , , dead] = await outbox().list({ limit: 9 });
    expect([none?.delivery, none?.tries, dead?.delivery, dead?.tries]).toEqual([null, null, "dead", 3]);
    expect(Object.fromEntries(await outbox().typesOf(["e3", "e1", "no"]))).toEqual({
      ...{ e1: "invoice.paid", e3: "plan.changed" },
    });
    expect(await outbox().resend({ ids: ["e3", "e3"] }, NOW)).toEqual(["e3"]);
    expect(await deliveries()).toEqual(["e1 dead 3 null", `e3 pending 0 ${AT}`]);
  });

  test("where there is nothing new nobody waits for the right to write", async () => {
    let written = 0;
    const counted = notificationOutbox({
      ...database(),
      alone: async (work) => {
        written += 1;
        return await work(books.em, false);
      },
    });
    await execute("update installation set notified_through = 4");
    expect(await counted.gather(TYPES, NOW, 9)).toBe(0);
    expect([await counted.gather(TYPES, NOW, 9), await counted.after(4, 9), written]).toEqual([0, [], 0]);
    await execute("update installation set notified_through = 3");
    expect([await counted.gather(TYPES, NOW, 9), (await counted.after(3, 9)).length, written]).toEqual([1, 1, 2]);
  });

  test("a try is booked where it is the one that is awaited, and on no other", async () => {
    await put(
      "event_delivery",
      { event_id: "e1", tries: 1, next_try_at: 5 },
      { event_id: "e2", tries: 2, next_try_at: 5 },
      { event_id: "e3", tries: 1, state: "dead" },
      { event_id: "e4", tries: 1, next_try_at: 5 },
    );
    const tried = (eventId: string) =>
      ({ eventId, tries: 1, httpStatus: 204, delivery: { state: "delivered" } }) as const;
    await outbox().mark([tried("e1"), tried("e2"), tried("e3")], NOW);
    expect(await deliveries()).toEqual(["e1 delivered 2 null", "e2 pending 2 5", "e3 dead 1 null", "e4 pending 1 5"]);
    expect(words(await all("select event_id from event_delivery where delivered_at is not null"))).toEqual(["e1"]);
  });

  test("what is due comes with all that it is about, the longest due first, and then as it happened", async () => {
    await put("plan", { id: "oro" });
    await put("customer", { id: "cus", email: "a@b.mx" });
    await put("subscription", { id: "sub" });
    await put("invoice", { id: "inv", cycle: 3, order_id: "o_inv" });
    await put("attempt", { id: "att", number: 2 }, { id: "att_2", number: 3, order_id: "o_own" });
    await put("payment_link", { id: "l", attempt_id: "att", invoice_id: "inv", url: "https://x", expires_at: 9 });
    await execute(
      "update event set customer_id = 'cus', subscription_id = 'sub', invoice_id = 'inv', attempt_id = 'att' where id = 'e2'; update event set attempt_id = 'att_2' where id = 'e4'",
    );
    await put(
      "event_delivery",
      { event_id: "e4", next_try_at: AT },
      { event_id: "e2", next_try_at: AT, tries: 2 },
      { event_id: "e3", next_try_at: AT - 1 },
      { event_id: "e1", next_try_at: AT + 1 },
    );
    const due = await outbox().due(NOW, 9);
    expect(due.map(({ eventId }) => eventId)).toEqual(["e3", "e2", "e4"]);
    expect(await outbox().due(NOW, 1)).toHaveLength(1);
    expect(due[0]?.event).toMatchObject({
      customer: null,
      subscription: null,
      invoice: null,
      attempt: null,
      paymentLink: null,
      livemode: null,
    });
    expect(due[1]).toMatchObject({
      tries: 2,
      event: {
        ...{
          customer: { id: "cus", email: "a@b.mx" },
          subscription: { id: "sub", planId: "oro" },
          invoice: { cycle: 3, timeZone: "UTC" },
        },
        ...{ attempt: { number: 2, orderId: "o_inv" }, paymentLink: { url: "https://x", methods: ["card"] } },
      },
    });
    expect(due[2]?.event).toMatchObject({ attempt: { orderId: "o_own" }, paymentLink: null });
    await execute("update installation set livemode = 0; update event set data = '{' where id = 'e4'");
    expect((await outbox().due(NOW, 9)).map(({ event }) => event?.livemode ?? null)).toEqual([false, false, null]);
  });
});

describe("processes that charge", () => {
  const live = (id: string, epoch: number, forMs: number | null) =>
    put("node", { id, epoch, alive_until: forMs === null ? null : Date.now() + forMs, pid: epoch });
  beforeEach(() => put("installation", { epoch: 9, owner_id: "o" }));

  test("one that compares everything is alone: nobody else lives", async () => {
    await live("dead", 1, -HOUR_MS);
    await live("sqlite", 2, null);
    await mustBeAlone(books.em, "books");
    await live("lives", 3, HOUR_MS);
    await expect(mustBeAlone(books.em, "books")).rejects.toThrow(
      /^another process \(pid 3 on here\) is charging from books/,
    );
    await live("too", 4, HOUR_MS);
    await expect(mustBeAlone(books.em, "books")).rejects.toThrow(/^2 other processes, one of them \(pid 3 on here\)/);
    await execute(
      "update node set unfinished_because = 'slow', unfinished_since = 5 where id = 'too'; update node set unfinished_because = 'x' where id = 'dead'",
    );
    const nodes = await chargingNodes(books.em);
    expect(nodes.map(({ id, isAlive, unfinished }) => [id, isAlive, unfinished])).toEqual([
      ["dead", false, null],
      ["sqlite", null, null],
      ["lives", true, null],
      ["too", true, { because: "slow", since: new Date(5) }],
    ]);
  });

  test("what a process could not finish is its own, since it first said so", async () => {
    await live("a", 3, null);
    await live("b", 4, null);
    const note = async (because: string | null, ms: number) =>
      await noteUnfinished(books.em, { id: "a", epoch: 3 }, because, later(ms));
    const told = async () => words(await all("select unfinished_because, unfinished_since from node order by id"));
    await note("slow", 1);
    await note("slower", 2);
    expect(await told()).toEqual([`slower ${AT + 1}`, "null null"]);
    await note(null, 3);
    await noteUnfinished(books.em, { id: "a", epoch: 4 }, "x", NOW);
    expect(await told()).toEqual(["null null", "null null"]);
  });

  test.each<[boolean, string, number, number | null, string]>([
    [true, "a", 3, null, "it is the node"],
    [true, "a", 3, HOUR_MS, "it lives"],
    [false, "a", 3, -HOUR_MS, "it was silent for too long"],
    [false, "a", 4, null, "it is of another takeover"],
    [false, "b", 3, null, "another is"],
    [true, "person", 9, null, "a person's process beside the newest node"],
    [false, "o", 9, null, "the owner itself is no process beside it"],
  ])("may charge: %p, %s of takeover %i (%#)", async (may, id, epoch, forMs) => {
    await live("a", 3, forMs);
    expect(await stillOwns(books.em, { id, epoch })).toBe(may);
  });

  const nodeWith = (leaseMs: number | null) =>
    nodeOf({ read: () => books.em, alone: (work) => work(books.em, false), rightToCharge: { leaseMs } });

  test("one with a lease says again and again that it lives, until it retires or takes over anew", async () => {
    const LEASE_MS = 60_000;
    const beats: string[] = [];
    mock.timers.enable({ apis: ["setInterval"] });
    /** A fifth of a lease later, and what is done then. */
    const aFifthLater = async () => {
      const before = beats.length;
      await sleep(2);
      mock.timers.tick(LEASE_MS / 5 - 1);
      expect(beats).toHaveLength(before);
      mock.timers.tick(1);
      for (let each = 0; each < 100 && beats.length === before; each++) await sleep(2);
      return beats.length - before;
    };
    const leased = nodeOf({
      read: () => books.em,
      alone: (work) => work(books.em, false),
      rightToCharge: { leaseMs: LEASE_MS, onBeat: async () => void beats.push("lives") },
    });
    await live("dead", 1, -10 * LEASE_MS - 5_000);
    await live("asked", 2, -10 * LEASE_MS - 5_000);
    await put("attempt", { id: "a", state: "unknown", claimed_by: "dead" });
    await put("attempt", { id: "b", state: "sending", claimed_by: "asked", invoice_id: "two", customer_id: "two" });
    await live("shown", 3, -1);
    const owner = await leased.takeOver("own");
    const until = async () =>
      Number((await all(`select alive_until from node where id = 'own'`))[0]?.["alive_until"] ?? 0);
    const [first, begun] = [await until(), Date.now()];
    expect([first - begun <= LEASE_MS, first - begun > 0]).toEqual([true, true]);
    expect([await aFifthLater(), await aFifthLater()]).toEqual([1, 1]);
    expect((await until()) > first).toBe(true);
    // Of one that is dead for long nothing is shown, but what of it is to be settled.
    expect(words(await all("select id from node order by epoch"))).toEqual(["asked", "shown", "own"]);
    expect(await leased.place()).toBe(0);
    await live("before", 4, HOUR_MS);
    expect(await leased.place()).toBe(1);

    // Before it sends it says so itself; one that is dead stays so.
    await execute("update node set alive_until = alive_until - 1 where id = 'own'");
    const before = await until();
    await leased.live(books.em, owner);
    expect((await until()) > before).toBe(true);
    await execute("update node set alive_until = 5 where id = 'own'");
    await leased.live(books.em, owner);
    expect(await until()).toBe(5);

    await leased.takeOver("own");
    expect(await aFifthLater()).toBe(1);
    await leased.retire();
    expect(await all("select id from node where id = 'own'")).toEqual([]);
    expect(await aFifthLater()).toBe(0);
    mock.timers.reset();
  });

  test("another is told since when it was silent; a clock that follows hears the time of the database", async () => {
    await live("lives", 3, HOUR_MS);
    await execute(`update node set heartbeat_at = ${Date.now() - 5000}`);
    await expect(mustBeAlone(books.em, "books")).rejects.toThrow(/was heard of 5 seconds ago/);
    const heard: [number, number][] = [];
    const begun = Date.now();
    await askTime(books.em, { heard: (serverMs, tookMs) => void heard.push([serverMs, tookMs]) });
    const [[serverMs, tookMs] = [0, -1]] = heard;
    expect([serverMs >= begun - 1, serverMs <= Date.now(), tookMs >= 0, tookMs < 60_000]).toEqual([
      ...[true, true, true, true],
    ]);
    expect(heard).toHaveLength(1);
  });

  test("on SQLite the last to take the right is the only one, and its row stays", async () => {
    const [first, second] = [nodeWith(null), nodeWith(null)];
    expect([first.owner, await first.place()]).toEqual([null, 0]);
    await first.takeOver("own_1");
    const owner = await second.takeOver("own_2");
    expect([owner, second.owner]).toEqual([{ id: "own_2", epoch: 11 }, owner]);
    await second.live(books.em, owner);
    await second.retire();
    expect(words(await all("select id, epoch, alive_until from node"))).toEqual(["own_2 11 null"]);
    expect(words(await all("select owner_id, epoch from installation"))).toEqual(["own_2 11"]);
  });

  test("on a server they charge beside each other, each for its lease, in their places, until they retire", async () => {
    const [first, second] = [nodeWith(HOUR_MS), nodeWith(HOUR_MS)];
    const one = await first.takeOver("own_1");
    await second.takeOver("own_2");
    expect([await first.place(), await second.place()]).toEqual([0, 1]);
    await execute("update node set alive_until = heartbeat_at + 5000000 where id = 'own_1'");
    await first.live(books.em, one);
    const [row] = await all("select alive_until - heartbeat_at as lease, epoch from node where id = 'own_1'");
    expect(row).toEqual({ lease: HOUR_MS, epoch: 10 });
    await execute("update node set alive_until = 5 where id = 'own_1'");
    await first.live(books.em, one);
    expect([words(await all("select alive_until from node where id = 'own_1'")), await second.place()]).toEqual([
      ["5"],
      0,
    ]);
    await first.retire();
    expect(words(await all("select id from node"))).toEqual(["own_2"]);
    await second.takeOver("own_2");
    expect(words(await all("select id, epoch from node"))).toEqual(["own_2 12"]);
    await second.retire();
    expect(await all("select id from node")).toEqual([]);
  });

  test.each<[boolean, string, number, number, string]>([
    [false, "a", 3, HOUR_MS, "it lives, and is at it"],
    [true, "a", 3, -HOUR_MS, "it is dead"],
    [true, "a", 4, HOUR_MS, "it was taken over since"],
    [true, "gone", 3, HOUR_MS, "it is no node any more"],
    [true, "me", 8, HOUR_MS, "it is our own"],
  ])("a duty is taken (%p) from %s of takeover %i (%#)", async (isTaken, holder, epoch, forMs) => {
    await live("a", 3, forMs);
    await execute(`insert into duty (name, node_id, epoch) values ('reads', '${holder}', ${epoch})`);
    await execute("insert into duty values ('notices', 'me', 9); insert into duty values ('sends', 'a', 9)");
    let worked = 0;
    const duties = dutiesOf({ owner: { id: "me", epoch: 9 } }, () => books.em);
    expect(await duties.alone("reads" as Parameters<typeof duties.alone>[0], async () => void (worked += 1))).toBe(
      isTaken,
    );
    const left = words(await all("select name, node_id from duty order by name"));
    expect([worked, left]).toEqual([
      isTaken ? 1 : 0,
      ["notices me", ...(isTaken ? [] : [`reads ${holder}`]), "sends a"],
    ]);
    expect(
      await dutiesOf({ owner: null }, () => books.em).alone(
        "reads" as Parameters<typeof duties.alone>[0],
        async () => {},
      ),
    ).toBe(false);
  });

  test("what was sent within the hour is of the hour, or since a person said go", async () => {
    const sent = { state: "declined", amount_cents: 100 };
    await put(
      "attempt",
      { id: "a", ...sent, claimed_at: AT - 2 * HOUR_MS + 1, sent_at: AT - HOUR_MS + 1 },
      { id: "b", ...sent, claimed_at: AT, sent_at: AT - HOUR_MS },
      { id: "c", ...sent, claimed_at: AT - 2 * HOUR_MS, sent_at: AT },
    );
    expect(await sentWithinTheHour(books.em, NOW)).toEqual({ charges: 1, amountCents: 100 });
    await execute(`update installation set limits_count_from = ${AT - HOUR_MS + 1}`);
    expect(await sentWithinTheHour(books.em, NOW)).toEqual({ charges: 0, amountCents: 0 });
  });

  test.each<[kind: "person" | "limit" | "charged_elsewhere", limits: number | null, repeats: number | null]>([
    ["person", null, null],
    ["limit", AT, null],
    ["charged_elsewhere", null, AT],
  ])(
    "a halt of the kind %s that is lifted lets the hour count from %p, and others' charges be repeated from %p",
    async (kind, limits, repeats) => {
      const lift = async () => await resumeCharging(books.em, { kind }, NOW, random());
      const counted = async () =>
        await all("select limits_count_from as limits, may_repeat_others_since as repeats from installation");
      await lift();
      expect([await counted(), await all("select type from event")]).toEqual([[{ limits: null, repeats: null }], []]);
      await put("halt", { kind });
      await lift();
      expect(await counted()).toEqual([{ limits, repeats }]);
      expect(words(await all("select type from event"))).toEqual(["charging.resumed"]);
    },
  );

  test("an installation is one, whoever begins on it", async () => {
    await ensureInstallation(books.em, NOW, seededRandom(7));
    expect(await readInstallation(books.em)).toMatchObject({
      id: "ins",
      epoch: 9,
      livemode: null,
      mayRepeatOthers: false,
      haltKind: null,
    });
  });
});

describe("requests of programs", () => {
  const requests = () => requestRecords(database());
  const REQUEST = { id: "r1", method: "POST", path: "/v1/x", key: "k", bodyHash: "h" };
  const find = async () => await requests().find(REQUEST);

  test("are claimed by one, until its time is over", async () => {
    expect([await find(), await requests().claim(REQUEST, NOW, later(5))]).toEqual([null, true]);
    expect(await requests().claim({ ...REQUEST, id: "r2" }, later(5), later(9))).toBe(false);
    expect(await requests().claim({ ...REQUEST, id: "r2", bodyHash: "h2" }, later(6), later(9))).toBe(true);
    expect(await find()).toEqual({ bodyHash: "h2", answer: null, claimedUntil: later(9) });
    await requests().hold("r1", later(99));
    await requests().hold("r2", later(20));
    expect((await find())?.claimedUntil).toEqual(later(20));
    await requests().release("r1");
    expect(await find()).not.toBeNull();
    await requests().release("r2");
    expect(await find()).toBeNull();
  });

  test("are answered once, by who has the claim, and neither held nor released after that", async () => {
    await requests().claim(REQUEST, NOW, later(5));
    await expect(requests().keep({ ...REQUEST, id: "r2" }, { status: 200, body: "b" }, NOW)).rejects.toThrow("k");
    await requests().keep(REQUEST, { status: 201, body: "{}" }, NOW);
    await requests().release("r1");
    await requests().hold("r1", later(9));
    expect(await find()).toEqual({ bodyHash: "h", answer: { status: 201, body: "{}" }, claimedUntil: null });
    expect([
      await requests().find({ ...REQUEST, key: "z" }),
      await requests().find({ ...REQUEST, path: "/z" }),
      await requests().find({ ...REQUEST, method: "PUT" }),
    ]).toEqual([null, null, null]);
    await requests().forget(NOW);
    expect(await find()).not.toBeNull();
    await requests().forget(later(1));
    expect(await find()).toBeNull();
  });
});

describe("many subscriptions at once", () => {
  const enrolment = () => enrolmentRecords(database());
  const ASKED = { subscriptionIds: ["sub"], customerIds: ["cus"], planIds: ["oro", "bad"] };

  test("billed until is the end of the last period that is paid or owed", async () => {
    await put("plan", { id: "oro" }, { id: "bad", line_items: "{" });
    await put("subscription", { id: "sub" }, { id: "sub_2", customer_id: "other" });
    await put("customer", { id: "cus" });
    await put(
      "invoice",
      { id: "1", cycle: 1, period_end: 10, status: "paid", paid_at: 1 },
      { id: "2", cycle: 3, period_end: 30, status: "void" },
      { id: "3", cycle: 2, period_end: 20, status: "held" },
      { id: "4", cycle: 4, period_end: 40, status: "uncollectible" },
      { id: "5", cycle: 5, period_end: 50, subscription_id: "sub_2" },
    );
    const facts = await enrolment().facts(ASKED);
    expect(facts.subscriptions.get("sub")?.billedUntil).toEqual(new Date(20));
    expect([[...facts.ofCustomer.keys()], [...facts.plans.keys()], [...facts.damagedPlans]]).toEqual([
      ["cus"],
      ["oro"],
      ["bad"],
    ]);
  });

  test("who is known, whom the books took on trust, and what of a plans file goes on", async () => {
    await put("customer", { id: "a", name: "Ana" }, { id: "b", name: "b" }, { id: "c" });
    expect([...(await enrolment().knownCustomers(["a", "b", "x"]))]).toEqual([
      ["a", { isTrusted: false }],
      ["b", { isTrusted: true }],
    ]);
    const file = { source: "file" };
    await put(
      "subscription",
      { id: "s2", ...file },
      { id: "s1", ...file, status: "paused" },
      { id: "s3", ...file, cancel_at: 5 },
      { id: "s4", ...file, status: "canceled" },
      { id: "s5", ...file, status: "completed" },
      { id: "s6" },
    );
    expect((await enrolment().goingOnFromFile()).map(({ id }) => id)).toEqual(["s1", "s2"]);
    const terms = { quantity: 4, lineItems: null, discount: { percent: 5 } };
    await enrolment().enrol(ASKED, NOW, () => ({
      ...{ customers: [], subscriptions: [], events: [] },
      changed: [{ id: "s1", ...terms }],
    }));
    expect(
      await all("select quantity, line_items, discount from subscription where id in ('s1', 's2') order by id"),
    ).toEqual([
      { quantity: 4, line_items: null, discount: '{"percent":5}' },
      { quantity: 1, line_items: null, discount: null },
    ]);
  });

  test.each<[isDamaged: boolean, lineItems: string | null, discount: string | null]>([
    [false, null, null],
    [false, "[]", '{"percent":5}'],
    [true, "{", null],
    [true, null, "{"],
  ])("damaged: %p, lines %p and discount %p", async (isDamaged, lineItems, discount) => {
    await put("subscription", { id: "sub", line_items: lineItems, discount });
    const facts = await enrolment().facts(ASKED);
    expect([...facts.damagedSubscriptions]).toEqual(isDamaged ? ["sub"] : []);
    expect(facts.subscriptions.has("sub")).toBe(true);
  });

  test("an e-mail is of customers who are there", async () => {
    await put(
      "customer",
      { id: "b", email: "Ana@x.mx" },
      { id: "a", email: "ana@x.mx" },
      { id: "c", email: "ana@x.mx", deleted_at: 5 },
    );
    expect([...(await enrolment().customersByEmail(["ana@x.mx"]))]).toEqual([["ana@x.mx", ["a", "b"]]]);
  });

  test("who is taken on trust was never read; who has a name was", async () => {
    const card = {
      email: null,
      phone: null,
      paymentSourceId: null,
      cardBrand: null,
      cardLast4: null,
      cardExpMonth: null,
      cardExpYear: null,
    };
    await enrolment().enrol(ASKED, NOW, () => ({
      customers: [
        { id: "x", name: "x", ...card },
        { id: "y", name: "Ana", ...card },
      ],
      subscriptions: [],
      events: [],
    }));
    expect(words(await all("select id, read_at from customer order by id"))).toEqual(["x null", `y ${AT}`]);
    expect(
      await books.statements(
        async (em) =>
          await enrolmentRecords({ ...database(), write: (work) => work(em) }).enrol(ASKED, NOW, () => ({
            customers: [],
            subscriptions: [],
            events: [],
          })),
      ),
    ).toBe(4);
  });
});

describe("a read that fails", () => {
  const fail = async (now: Date, kind: "customer" | "charge" = "customer", id = "cus") =>
    await noteReadFailure(books.em, { kind, id, because: `status ${now.getTime() - AT}` }, now, (failures) =>
      later(failures * 1000),
    );
  const noted = async () =>
    words(
      await all("select id, kind, failures, failed_since, failed_at, next_read_at from read_failure order by 1, 2"),
    );

  test("is counted from the first on, each kind and each customer alone", async () => {
    expect(await fail(NOW)).toEqual({ failures: 1, failedSince: NOW });
    await fail(NOW, "charge");
    await fail(NOW, "customer", "other");
    expect(await fail(later(5))).toEqual({ failures: 2, failedSince: NOW });
    expect(await noted()).toEqual([
      `cus charge 1 ${AT} ${AT} ${AT + 1000}`,
      `cus customer 2 ${AT} ${AT + 5} ${AT + 2000}`,
      `other customer 1 ${AT} ${AT} ${AT + 1000}`,
    ]);
    expect(words(await all("select because from read_failure where kind = 'customer' and id = 'cus'"))).toEqual([
      "status 5",
    ]);
    await forgetReadFailures(books.em, ["cus"]);
    expect(await noted()).toEqual([`other customer 1 ${AT} ${AT} ${AT + 1000}`]);
  });
});
