import { expect, test } from "@jest/globals";
import type { AttemptFacts, PageAttempt } from "../attempt.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../duration.ts";
import { OUT_OF_DUNNING } from "../invoice.ts";
import { eventWhilePending, invoiceWhilePending, isLinkLost, pendingInquiryAt } from "./settle-pending.ts";
import { NO_ATTEMPT_BESIDE, type InvoiceFacts, type SettleRules } from "./settlement.ts";

const NOW = new Date("2026-02-05T15:00:00Z");
const after = (ms: number): Date => new Date(NOW.getTime() + ms);
const RULES = { now: NOW } as SettleRules;

function page(change: Partial<PageAttempt>): PageAttempt {
  return {
    ...{ id: "att_1", flow: "link", state: "pending", amountCents: 20015, currency: "MXN", customerId: "cus_1" },
    ...{ orderId: "ord_1", chargeId: null, sentAt: after(-5 * DAY_MS), inquiries: 0, idsOfOthers: [] },
    ...{ linkExpiresAt: NOW, linkEnd: null, linkEndAt: null, linkIsPublished: true },
    ...change,
  };
}

test.each<[expiredMs: number, isLost: boolean, because: string]>([
  [-HOUR_MS, false, "it is open"],
  [DAY_MS, false, "cash that was paid at its end may still be on its way"],
  [3 * DAY_MS, false, "three days are not over yet"],
  [3 * DAY_MS + 1, true, "more than three days: a person must look"],
])("a page past its end by %i ms is lost: %p (%s)", (expiredMs, isLost) => {
  expect(isLinkLost(page({ linkExpiresAt: after(-expiredMs) }), RULES)).toBe(isLost);
});

function charge(): AttemptFacts {
  const { linkExpiresAt: _, linkEnd: _end, linkEndAt: _endAt, linkIsPublished: _told, ...tried } = page({});
  return { ...tried, flow: "single", sentAt: after(-30 * DAY_MS) };
}

test("a charge that is pending is no page, however long", () => {
  expect(isLinkLost(charge(), RULES)).toBe(false);
});

test.each<[expiresInMs: number, endedMs: number | null, inMs: number, because: string]>([
  [3 * DAY_MS, null, DAY_MS, "once a day while it is open"],
  [HOUR_MS, null, HOUR_MS + MINUTE_MS, "when it has just expired, as reads lag"],
  [-MINUTE_MS, null, DAY_MS, "it expired, and the look after that is made: daily again"],
  [-2 * MINUTE_MS, null, DAY_MS, "the same"],
  [DAY_MS - MINUTE_MS, null, DAY_MS, "whichever comes first, and both come at once"],
  [3 * DAY_MS, 0, MINUTE_MS, "it was closed just now, and somebody waits for its end"],
  [3 * DAY_MS, 10 * MINUTE_MS - 1, MINUTE_MS, "for ten minutes"],
  [3 * DAY_MS, 10 * MINUTE_MS, HOUR_MS, "then hourly, as cash may be out"],
])("a page that expires in %i ms, closed %p ms ago, is looked at in %i ms (%s)", (expiresInMs, endedMs, inMs) => {
  const linkEndAt = endedMs === null ? null : after(-endedMs);
  const at = pendingInquiryAt(page({ linkExpiresAt: after(expiresInMs), linkEndAt }), 1, RULES);
  expect(at.getTime() - NOW.getTime()).toBe(inMs);
});

test.each<[sentMs: number | null, inquiries: number, inMs: number, because: string]>([
  [0, 0, MINUTE_MS, "on the schedule"],
  [MINUTE_MS, 1, HOUR_MS - MINUTE_MS, "the next of it, from when it was sent"],
  [null, 1, MINUTE_MS, "nobody knows when it was sent: from now"],
  [HOUR_MS, 2, DAY_MS, "the schedule is over: daily"],
  [HOUR_MS, 0, DAY_MS, "however few looked: the gateway has it, so it is not lost"],
])("a charge sent %p ms ago, asked about %i times, is looked at in %i ms (%s)", (sentMs, inquiries, inMs) => {
  const rules = { ...RULES, inquiries: { offsetsMs: [MINUTE_MS, HOUR_MS], rechargeQuietMs: 0 } };
  const sentAt = sentMs === null ? null : after(-sentMs);
  expect(pendingInquiryAt({ ...charge(), sentAt }, inquiries, rules)).toEqual(after(inMs));
});

test("a page is looked at by the end that was told last", () => {
  const known = page({ linkExpiresAt: after(3 * DAY_MS) });
  expect(pendingInquiryAt(known, 1, RULES, after(HOUR_MS))).toEqual(after(HOUR_MS + MINUTE_MS));
  expect(pendingInquiryAt(known, 1, RULES)).toEqual(after(DAY_MS));
});

const INVOICE: InvoiceFacts = {
  ...{ id: "inv_1", status: "open", statusReason: null, currency: "MXN", amountCents: 20015, declines: 0, faults: 0 },
  ...{ voidWhenSettled: null, nextAttemptAt: null, firstDeclinedAt: null, retryRequestedAt: null, ...OUT_OF_DUNNING },
  ...{ timeZone: "America/Mexico_City", ...NO_ATTEMPT_BESIDE },
};
const LOST = { linkExpiresAt: after(-4 * DAY_MS) };
const HELD = { status: "held", statusReason: "refused" } as const;

test.each<[Partial<PageAttempt>, Partial<InvoiceFacts>, becomes: string, event: string, because: string]>([
  [{}, {}, "open null", "attempt.pending", "it waits"],
  [{ state: "sending" }, {}, "open null", "invoice.payment_link_created", "its page is there"],
  [{}, HELD, "open null", "attempt.pending", "what became visible is no riddle any more"],
  [{}, { status: "paid" }, "paid null", "attempt.pending", "paid in another way, and so it stays"],
  [LOST, {}, "held unknown_outcome", "invoice.held", "a page that never ends is one"],
  [LOST, HELD, "held refused", "attempt.pending", "held for its own reason, and told once"],
  [LOST, { status: "paid" }, "paid null", "attempt.pending", "paid in another way: nobody need look"],
])("while %j is pending, an invoice %j is %s, and %s is told (%s)", (change, invoice, becomes, event, _because) => {
  const [attempt, facts] = [page(change), { ...INVOICE, ...invoice }];
  const moved = invoiceWhilePending(attempt, facts, RULES, false);
  expect([`${moved.status} ${moved.statusReason}`, eventWhilePending(attempt, facts, RULES, false)]).toEqual([
    becomes,
    event,
  ]);
});

test.each<[state: "pending" | "sending", waitIsOver: boolean, becomes: string, event: string]>([
  ["pending", false, "open null", "attempt.pending"],
  ["sending", false, "open null", "attempt.pending"],
  ["pending", true, "held unknown_outcome", "invoice.held"],
])("a %s charge whose wait is over (%p) leaves its invoice %s, and %s is told", (state, waitIsOver, becomes, event) => {
  const attempt = { ...charge(), state };
  const { status, statusReason } = invoiceWhilePending(attempt, INVOICE, RULES, waitIsOver);
  expect([`${status} ${statusReason}`, eventWhilePending(attempt, INVOICE, RULES, waitIsOver)]).toEqual([
    becomes,
    event,
  ]);
});
