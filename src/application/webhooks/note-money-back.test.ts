/** Money that went back: the disputes and refunds that a read of an order shows, and what follows for the subscription. */
import { describe, expect, test } from "@jest/globals";
import { invoiceOf, NOW, subscriptionOf } from "../../../test/support/records.ts";
import { thrownBy } from "../../../test/support/thrown.ts";
import { attemptRow, disputeSeen, IDS, webhookWorld, type WebhookWorld } from "../../../test/support/webhook-world.ts";
import type { Dispute } from "../../domain/dispute.ts";
import { DAY_MS } from "../../domain/duration.ts";
import { said } from "../../domain/refusals.ts";
import type { SeenOrder } from "../ports/webhooks.ts";
import { noteMoneyBack, noteRefundsOfPanel } from "./note-money-back.ts";
import { resolveDispute } from "./resolve-dispute.ts";

const AT = new Date("2026-02-10T15:00:00Z");
const PAID = attemptRow("paid", { chargeId: "chr_1" });
const SUB = { subscriptionId: "ana", customerId: "cus_ana" };
const ATT = { ...IDS, attemptId: "att_1" };

function disputeOf(change: Partial<Dispute> = {}): Dispute {
  return {
    ...{ ...disputeSeen(), id: "dsp_1", orderId: "ord_1", ...ATT, outcome: "open", openedAt: AT },
    ...{ closedAt: null, closedBy: null, why: null, nextReadAt: AT },
    ...change,
  };
}

type World = WebhookWorld & { readonly known?: readonly Dispute[]; readonly refundedBefore?: number };

async function worldOf({ known = [], refundedBefore = 0, ...world }: World = {}) {
  const invoice = { status: "paid", paidAt: NOW, nextAttemptAt: null } as const;
  const made = await webhookWorld({ attempts: [PAID], invoice, ...world });
  for (const dispute of known) made.tables.disputes.put(dispute);
  if (refundedBefore > 0)
    made.tables.refunds.put({
      ...{ id: "ref_0", ...ATT, orderId: "ord_1", amountCents: refundedBefore, currency: "MXN", state: "done" },
      ...{ createdAt: AT, taxes: null, baseCents: null, taxCents: null },
    } as never);
  const read = async (
    order: Partial<SeenOrder> = {},
    how: NonNullable<Parameters<typeof noteMoneyBack>[4]> = { summary: made.summary },
  ) => {
    const seen = { ...(await made.needs.webhooks.orders.readOrder("ord_1")), ...order };
    const attempts = await made.needs.webhooks.inbox.attemptsOf("ord_1", []);
    return await noteMoneyBack(made.needs, "ord_1", seen, attempts, how);
  };
  return {
    ...made,
    read,
    disputes: () => [...made.tables.disputes.rows.values()],
    refunds: () => [...made.tables.refunds.rows.values()].filter(({ id }) => id !== "ref_0"),
  };
}

const data = (more: object = {}) => ({
  ...{ orderId: "ord_1", chargeId: "chr_1", gatewayDisputeId: "chb_1", status: "under_review" },
  ...{ disputeOutcome: "open", reason: "fraud", evidenceDueBy: null, amountCents: 20015, currency: "MXN" },
  ...more,
});

describe("a dispute that a read shows", () => {
  test("is written whole, told, logged, and counted for a person", async () => {
    const { read, disputes, told, logged, summary } = await worldOf();
    const [opened] = await read({ disputes: [disputeSeen()] });
    const id = opened?.id ?? "";
    expect(id).toMatch(/^dsp_/);
    expect(disputes()).toEqual([disputeOf({ id, nextReadAt: new Date(AT.getTime() + DAY_MS) })]);
    expect(opened).toEqual(disputes()[0]);
    expect(told()).toEqual([{ type: "dispute.opened", ...ATT, data: data({ disputeId: id }) }]);
    expect(logged).toEqual([["error", "dispute.opened", data({ disputeId: id })]]);
    expect(summary.needsPerson).toBe(1);
    expect(await read({ disputes: [disputeSeen()] })).toEqual([]);
    expect(told()).toEqual([]);
  });

  test("is known by its charge: another word of it is told as news of the same", async () => {
    const { read, disputes, told, summary } = await worldOf({
      known: [disputeOf(), disputeOf({ id: "dsp_2", chargeId: "chr_0" })],
    });
    await read({ disputes: [disputeSeen({ status: "represented" })] });
    expect(disputes().map(({ id, status }) => [id, status])).toEqual([
      ["dsp_1", "represented"],
      ["dsp_2", "under_review"],
    ]);
    expect(told().map(({ type }) => type)).toEqual(["dispute.updated"]);
    expect(summary.needsPerson).toBe(0);
  });

  test("of a charge that nobody here paid by is nobody's", async () => {
    const { read, disputes } = await worldOf();
    await read({ disputes: [disputeSeen({ chargeId: "chr_9", gatewayDisputeId: null, status: "fraudulent" })] });
    expect(disputes()).toEqual([]);
  });

  test("without a payment says nothing", async () => {
    const { read, disputes } = await worldOf({ attempts: [attemptRow("declined", { chargeId: "chr_1" })] });
    expect(await read({ disputes: [disputeSeen()], refundedCents: 5 })).toEqual([]);
    expect(disputes()).toEqual([]);
  });

  test("and none, asks for no transaction, unless one is known of", async () => {
    const { read, disputes, needs } = await worldOf({
      known: [disputeOf({ gatewayDisputeId: null, status: "charged_back" })],
    });
    let writes = 0;
    const write = needs.store.write.bind(needs.store);
    const counted = (...asked: Parameters<typeof write>) => {
      writes += 1;
      return write(...asked);
    };
    Object.assign(needs.store, { write: counted });
    const paidAgain = { disputes: [], paidChargeIds: ["chr_1"] };
    expect(await read({ ...paidAgain, refundedCents: 0 })).toEqual([]);
    expect(await read({ ...paidAgain, refundedCents: null })).toEqual([]);
    expect(writes).toBe(0);
    expect(await read(paidAgain, { isDisputed: true })).toMatchObject([{ outcome: "won" }]);
    expect(disputes()).toMatchObject([{ outcome: "won", status: "paid", closedAt: AT, nextReadAt: null }]);
  });
});

describe("a charge that is paid again has won its dispute", () => {
  const bare = { gatewayDisputeId: null, status: "charged_back" };
  test.each<[known: Partial<Dispute>, order: Partial<SeenOrder>, outcome: string, because: string]>([
    [bare, { paidChargeIds: ["chr_1"] }, "won", "the money came back"],
    [bare, { paidChargeIds: ["chr_9"] }, "open", "another charge was paid"],
    [bare, { paidChargeIds: ["chr_1"], disputes: [disputeSeen(bare)] }, "open", "it is disputed all the same"],
    [{}, { paidChargeIds: ["chr_1"] }, "open", "Conekta's own dispute ends by its own word"],
  ])("%j, shown as %j: %s (%s)", async (known, order, outcome) => {
    const { read, disputes, told, logged } = await worldOf({ known: [disputeOf(known)] });
    await read(order, { isDisputed: true });
    expect(disputes()).toMatchObject([{ outcome }]);
    expect(told().filter(({ type }) => type === "dispute.closed")).toHaveLength(outcome === "won" ? 1 : 0);
    expect(logged.filter(([level]) => level === "info")).toHaveLength(outcome === "won" ? 1 : 0);
  });
});

describe("what may be a refund", () => {
  const reversed = disputeSeen({ gatewayDisputeId: null, status: "reversed" });

  test.each<[order: Partial<SeenOrder>, mayLag: boolean | undefined, opened: number, because: string]>([
    [{ disputes: [reversed] }, false, 1, "no refund explains it"],
    [{ disputes: [reversed] }, undefined, 1, "and nobody was told of one just now"],
    [
      { disputes: [{ ...reversed, chargeId: "chr_9" }, reversed], refundedCents: 20015 },
      false,
      0,
      "what was taken back of a charge that never paid takes no refund",
    ],
    [{ disputes: [reversed] }, true, 0, "a refund may not be shown yet"],
    [{ disputes: [reversed], refundedCents: 20015 }, false, 0, "a refund of the panel does"],
    [{ disputes: [reversed], refundedCents: 20014 }, false, 1, "one of less does not"],
    [
      { disputes: [reversed], refundedCharges: new Map([["chr_1", 20015]]) },
      false,
      0,
      "its charge is shown as refunded",
    ],
    [
      { disputes: [disputeSeen()], refundedCharges: new Map([["chr_1", 20015]]) },
      true,
      1,
      "a dispute of its own is one",
    ],
  ])("%j, just told of: %p, opens %i disputes (%s)", async (order, mayLag, opened) => {
    const { read, disputes } = await worldOf();
    await read(order, mayLag === undefined ? {} : { mayLag });
    expect(disputes()).toHaveLength(opened);
  });

  test("is withdrawn by no refund of less", async () => {
    const { read, disputes } = await worldOf({ known: [disputeOf({ ...reversed })] });
    await read({ disputes: [reversed], refundedCents: 5 });
    expect(disputes()).toMatchObject([{ outcome: "open" }]);
  });

  test("is withdrawn once refunds cover it", async () => {
    const { read, disputes, told, logged } = await worldOf({ known: [disputeOf({ ...reversed })] });
    await read({ disputes: [reversed], refundedCents: 20015 });
    expect(disputes()).toMatchObject([{ outcome: "withdrawn", closedAt: AT }]);
    expect(told().map(({ type }) => type)).toEqual(["invoice.refunded", "dispute.closed"]);
    expect(logged.map(([level, event]) => [level, event])).toEqual([["info", "dispute.closed"]]);
  });
});

describe("what the policy does with the subscription", () => {
  const opened = { disputes: [disputeSeen()] };

  test("hold, charge: nothing now", async () => {
    for (const onChargeback of ["hold", "charge"] as const) {
      const { read, subscription, told } = await worldOf({ policy: { onChargeback } });
      await read(opened);
      expect(subscription("ana")).toMatchObject({ status: "active", cancelAt: null });
      expect(told().map(({ type }) => type)).toEqual(["dispute.opened"]);
    }
  });

  test("pause: it is paused, and told why", async () => {
    const { read, subscription, told } = await worldOf({ policy: { onChargeback: "pause" } });
    await read(opened);
    expect(subscription("ana")?.status).toBe("paused");
    expect(told().slice(1)).toEqual([
      { type: "subscription.paused", ...SUB, data: { was: "active", because: "dispute" } },
    ]);
  });

  test("pause: who is paused stays so, and is not told again", async () => {
    const { read, told } = await worldOf({ policy: { onChargeback: "pause" }, ana: { status: "paused" } });
    await read(opened);
    expect(told().map(({ type }) => type)).toEqual(["dispute.opened"]);
  });

  test("cancel: at once, and told why", async () => {
    const { read, subscription, told } = await worldOf({ policy: { onChargeback: "cancel" } });
    await read(opened);
    expect(subscription("ana")).toMatchObject({ status: "canceled", cancelAt: AT });
    expect(told()[1]).toEqual({ type: "subscription.canceled", ...SUB, data: { was: "active", because: "dispute" } });
  });

  test.each(["pause", "cancel"] as const)(
    "%s: nothing where it has ended, or the dispute is none that was opened",
    async (onChargeback) => {
      const policy = { onChargeback };
      const ended = await worldOf({ policy, ana: { status: "completed", nextBillingAt: null } });
      await ended.read(opened);
      expect(ended.subscription("ana")?.status).toBe("completed");
      const news = await worldOf({ policy, known: [disputeOf()] });
      await news.read({ disputes: [disputeSeen({ status: "represented" })] });
      expect(news.subscription("ana")?.status).toBe("active");
    },
  );

  test("what fell due before is opened first", async () => {
    const { read, invoicesOf, clock } = await worldOf({ policy: { onChargeback: "cancel" } });
    clock.set(new Date("2026-03-01T15:00:00Z"));
    await read(opened);
    expect(invoicesOf("ana")).toMatchObject([{ cycle: 0 }, { cycle: 1, status: "void" }]);
  });
});

describe("what waited for its end", () => {
  const waiting = { cycle: 1, status: "held", statusReason: "earlier_unpaid", nextAttemptAt: null } as const;
  async function decided(
    outcome: "won" | "lost",
    {
      others = [],
      reason = "earlier_unpaid",
      ...world
    }: World & { readonly others?: readonly Dispute[]; readonly reason?: "earlier_unpaid" | "refused" } = {},
  ) {
    const made = await worldOf({ known: [disputeOf(), ...others], ...world });
    await made.inBooks(async (records) =>
      records.addInvoice(invoiceOf(subscriptionOf("ana"), 1, { ...waiting, statusReason: reason, id: "inv_1" })),
    );
    made.told();
    await resolveDispute(made.needs, "dsp_1", { outcome, by: "Ana", why: "she called" });
    return { ...made, held: made.tables.invoices.get("inv_1") };
  }

  test("won, as a person says: it is due again, and told by which rule", async () => {
    const { held, disputes, told } = await decided("won");
    expect(disputes()).toMatchObject([
      { outcome: "won", closedAt: AT, closedBy: "Ana", why: "she called", nextReadAt: null },
    ]);
    expect(held).toMatchObject({ status: "open", nextAttemptAt: AT });
    const closed = data({ disputeId: "dsp_1", disputeOutcome: "won", by: "Ana", why: "she called" });
    const rule = { name: "dispute_won" };
    expect(told()).toEqual([
      { type: "dispute.closed", ...ATT, data: closed },
      { type: "invoice.retry_scheduled", ...SUB, invoiceId: "inv_1", data: { nextAttemptAt: AT.toISOString(), rule } },
    ]);
  });

  test("won, one that was declined before is in dunning still, and nobody is told that its debt is paid", async () => {
    const made = await worldOf({ known: [disputeOf()] });
    const declined = { ...waiting, id: "inv_1", declines: 1, firstDeclinedAt: NOW };
    await made.inBooks(async (records) => {
      records.addInvoice(invoiceOf(subscriptionOf("ana"), 1, declined));
      records.refresh("ana");
    });
    expect(made.subscription("ana")?.status).toBe("past_due");
    made.told();
    await resolveDispute(made.needs, "dsp_1", { outcome: "won", by: "Ana", why: "she called" });
    expect(made.tables.invoices.get("inv_1")).toMatchObject({ status: "open", dunningStep: "retry", declines: 1 });
    expect(made.subscription("ana")?.status).toBe("past_due");
    expect(made.told().map(({ type }) => type)).toEqual(["dispute.closed", "invoice.retry_scheduled"]);
  });

  test.each<[outcome: "won" | "lost", world: Parameters<typeof decided>[1], because: string]>([
    ["lost", {}, "the money is lost: a person says how it goes on"],
    ["won", { policy: { laterCycles: "hold" } }, "later cycles are held for others, too"],
    ["won", { others: [disputeOf({ id: "dsp_2", chargeId: "chr_2" })] }, "another dispute stands"],
    ["won", { reason: "refused" }, "it is held for something else"],
  ])("%s, %j: it is held on (%s)", async (outcome, world) => {
    const { held } = await decided(outcome, world);
    expect(held).toMatchObject({ status: "held", nextAttemptAt: null });
  });

  test("one that has ended, or is not there, is not decided", async () => {
    const { needs, told } = await worldOf({ known: [disputeOf({ outcome: "lost", closedAt: AT, nextReadAt: null })] });
    const won = { outcome: "won", by: "Ana", why: "x" } as const;
    expect(await thrownBy(resolveDispute(needs, "dsp_1", won))).toMatchObject({
      ...{ name: "Refused", said: said("dispute_is", { id: "dsp_1", outcome: "lost" }) },
    });
    expect(await thrownBy(resolveDispute(needs, "dsp_9", won))).toMatchObject({
      ...{ name: "NotFound", said: said("no_dispute", { id: "dsp_9" }) },
    });
    expect(told()).toEqual([]);
  });
});

describe("a refund that was made in Conekta's panel", () => {
  test("is booked as what is shown beyond what the books know, and told", async () => {
    const { read, refunds, told } = await worldOf({ refundedBefore: 5000 });
    await read({ refundedCents: 12000 });
    const because = "the order shows 12000 cents given back";
    const [refund] = refunds();
    expect(refund).toMatchObject({
      ...{ invoiceId: "inv_ana_0", attemptId: "att_1", orderId: "ord_1", amountCents: 7000, currency: "MXN", because },
    });
    const more = {
      amountCents: 7000,
      currency: "MXN",
      orderId: "ord_1",
      reason: "other",
      requestedBy: "conekta",
      because,
    };
    expect(told()).toEqual([{ type: "invoice.refunded", ...ATT, data: { refundId: refund?.id, ...more } }]);
    await read({ refundedCents: 12000 });
    expect(refunds()).toHaveLength(1);
  });

  test.each([5000, 4999, 0])("%i cents of which 5000 are known are none", async (refundedCents) => {
    const { read, refunds } = await worldOf({ refundedBefore: 5000 });
    await read({ refundedCents });
    expect(refunds()).toEqual([]);
  });

  test("one cent is one", async () => {
    const { read, refunds } = await worldOf();
    await read({ refundedCents: 1 });
    expect(refunds()).toMatchObject([{ amountCents: 1 }]);
  });

  test("is booked on the last that paid", async () => {
    const first = { ...PAID, flow: "order_first" as const, state: "paid_again" as const };
    const second = { ...first, id: "att_2", number: 2, reference: "ref_2", chargeId: "chr_2", state: "paid" as const };
    const declined = attemptRow("declined", { id: "att_3", number: 3, reference: "ref_3", flow: "order_first" });
    const { needs, refunds } = await worldOf({ attempts: [first, second, declined] });
    const inbox = needs.webhooks.inbox;
    expect(await noteRefundsOfPanel({ ...needs, inbox }, { orderId: "ord_1", refundedCents: 100 })).toBe(100);
    expect(refunds()).toMatchObject([{ attemptId: "att_2", amountCents: 100 }]);
    expect(await noteRefundsOfPanel({ ...needs, inbox }, { orderId: "ord_1", refundedCents: 130 })).toBe(30);
    expect(await noteRefundsOfPanel({ ...needs, inbox }, { orderId: "ord_1", refundedCents: 130 })).toBe(0);
  });

  test("that an order shows before a refund of ours is booked to the cent", async () => {
    const { needs, refunds } = await worldOf();
    const { inbox } = needs.webhooks;
    expect(await noteRefundsOfPanel({ ...needs, inbox }, { orderId: "ord_1", refundedCents: 1 })).toBe(1);
    expect(refunds()).toMatchObject([{ amountCents: 1 }]);
  });

  test.each([
    [0, "ord_1"],
    [-1, "ord_1"],
    [100, "ord_9"],
  ])("%i cents of %s are nobody's", async (refundedCents, orderId) => {
    const { needs, refunds } = await worldOf();
    const { inbox } = needs.webhooks;
    expect(await noteRefundsOfPanel({ ...needs, inbox }, { orderId, refundedCents })).toBe(0);
    expect(refunds()).toEqual([]);
  });
});
