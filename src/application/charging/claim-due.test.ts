/** What a claim makes of each due invoice, and where the next page begins. */
import { describe, expect, test } from "@jest/globals";
import { DUE_AT, dueInvoice } from "../../../test/support/due-invoice.ts";
import { NO_HOLIDAYS, policyOf } from "../../../test/support/policy.ts";
import { DatabaseUnusable, GatewayUnauthorized } from "../../domain/errors.ts";
import type { CustomersRead } from "../customers/read-customers.ts";
import type { ClaimDecision, DueInvoice } from "../ports/charging.ts";
import { emptyRunSummary } from "../settling/run-summary.ts";
import { claimAround } from "./claim-around.ts";
import { claimDue, type ClaimOptions } from "./claim-due.ts";

const HOUR_MS = 3_600_000;
const LATER = new Date(DUE_AT.getTime() + HOUR_MS);
const OWNER = {} as Parameters<typeof claimDue>[1];
const OPTIONS = {
  ...{ now: DUE_AT, leaseMs: 60_000, flow: "single", after: null, maxCharges: 10, pageSize: 10 },
  ...{ maxChargesPerCustomerPerDay: 3, isRefusedNow: () => false },
} satisfies ClaimOptions;

/**
 * A store that claims what it is told to.
 * @param bad ids of rows that no page can be claimed with @param faults of the claims, in turn; the last of all that follow
 * @param isGone once a claim has failed, nothing is due any more
 */
function worldOf(
  due: readonly DueInvoice[],
  { bad = [] as readonly string[], told = 1, faults = [] as readonly Error[], isGone = false } = {},
) {
  const decided: ClaimDecision[] = [];
  const noted: unknown[] = [];
  const logged: string[] = [];
  const pages: string[] = [];
  const from = (after: { readonly invoiceId: string } | null): number =>
    after === null ? 0 : due.findIndex(({ invoice }) => invoice.id === after.invoiceId) + 1;
  const needs = {
    ...{ clock: { now: () => DUE_AT }, random: { fraction: () => 0 }, calendar: NO_HOLIDAYS, backoffMs: 60_000 },
    ...{ policies: new Map([["standard", policyOf()]]), budgets: { visaReattemptsIn30Days: 15 }, inquiries: {} },
    log: { warn: (event: string) => void logged.push(event), error: (event: string) => void logged.push(event) },
    store: {
      claim: async (
        _owner: object,
        { after, limit }: { readonly after: { readonly invoiceId: string } | null; readonly limit: number },
        decide: (page: readonly DueInvoice[]) => readonly ClaimDecision[],
      ) => {
        const page = due.slice(from(after), from(after) + limit);
        pages.push(page.map(({ invoice }) => invoice.id).join(""));
        const fault = faults[pages.length - 1] ?? faults.at(-1);
        if (fault !== undefined) throw fault;
        if (page.some(({ invoice }) => bad.includes(invoice.id))) throw new TypeError("a damaged row");
        const decisions = decide(page);
        decided.push(...decisions);
        return {
          claimed: page
            .filter((_, index) => decisions[index] === "charge")
            .map(({ invoice }) => ({ attemptId: `${invoice.id}-1` })),
          moved: page.flatMap(({ invoice }, index) => {
            const decision = decisions[index]!;
            return typeof decision === "string" ? [] : [{ invoiceId: invoice.id, ...decision }];
          }),
        };
      },
      duePlaces: async (
        _now: Date,
        { after, limit }: { readonly after: { readonly invoiceId: string } | null; readonly limit: number },
      ) =>
        (isGone ? [] : due)
          .slice(from(after), from(after) + limit)
          .map(({ invoice }) => ({ at: invoice.nextAttemptAt, invoiceId: invoice.id })),
      noteWaiting: async (waiting: unknown) => {
        noted.push(waiting);
        return told;
      },
    },
  } as unknown as Parameters<typeof claimDue>[0];
  return { needs, decided, noted, logged, pages };
}

const claimedIds = ({ claimed }: { readonly claimed: readonly { readonly attemptId: string }[] }): string =>
  claimed.map(({ attemptId }) => attemptId.slice(0, 1)).join("");
const SENT = { invoiceId: "a", state: "paid", flow: "single", sentAt: new Date(DUE_AT.getTime() - HOUR_MS) } as const;
const THRICE = { tries: [SENT, SENT, SENT] };
/** On the first of this month: fifteen times, which is all that a card's network allows in thirty days. */
const BEFORE = new Date("2026-12-01T15:00:00Z");
const ofReattempts = {
  declines: Array.from({ length: 16 }, (_, at) => ({ invoiceId: "a", number: at, sentAt: BEFORE })),
};
const NOBODY = { ...dueInvoice("a").customer.card, paymentSourceId: null };
const HELD_BEFORE = {
  ...({ cycle: 0, status: "held", statusReason: "refused", dunningStep: null, openAttempt: null } as const),
  ...{ reopenedFrom: null, missed: false, nextAttemptAt: null, firstDeclinedAt: null },
};

// prettier-ignore
test.each<[due: DueInvoice, becomes: object | string, needsPerson: number, logged: string, because: string]>([
  [dueInvoice("a"), "charge", 0, "", "nothing speaks against it"],
  [dueInvoice("a", { attempt: "unknown" }), "leave", 0, "", "money may have moved"],
  [dueInvoice("a", { customer: { readAt: null } }), "leave", 0, "", "its customer is read first"],
  [dueInvoice("a", { customer: THRICE }), { event: "invoice.held", invoice: { status: "held", statusReason: "daily_limit" }, because: "it was charged 3 times within 24 hours" }, 1, "invoice.held invoices.held", "something may be wrong"],
  [dueInvoice("a", { customer: THRICE, invoice: { declines: 1, firstDeclinedAt: DUE_AT } }), { event: "invoice.retry_scheduled", step: { do: "retry", rule: { name: "daily_limit" } }, invoice: { status: "open", nextAttemptAt: new Date(DUE_AT.getTime() + 23 * HOUR_MS) } }, 0, "invoice.retry_scheduled", "a retry has time"],
  [dueInvoice("a", { paidAt: DUE_AT, invoice: { periodEnd: DUE_AT } }), { event: "invoice.postponed", rule: { name: "catch_up_spacing" }, invoice: { status: "open" } }, 0, "invoice.postponed", "one was paid today"],
  [dueInvoice("a", { disputes: [{ id: "dsp_1", outcome: "open", cycle: 0, closedAt: null, lastPaidAt: null }] }), { event: "invoice.held", invoice: { statusReason: "earlier_unpaid" }, because: "the payment of cycle 0 is disputed (dsp_1)" }, 1, "invoice.held", "a person decides"],
  [dueInvoice("a", { customer: { card: NOBODY } }), { event: "invoice.payment_failed", failure: { declineClass: "new_card", failureCode: "no_default_card" }, invoice: { declines: 0, dunningStep: "wait_for_card" } }, 0, "invoice.payment_failed", "there is nothing to charge"],
  [dueInvoice("a", { customer: ofReattempts, invoice: { declines: 1, firstDeclinedAt: DUE_AT } }), { event: "invoice.retry_scheduled", rule: { name: "network_budget" }, invoice: { status: "open", nextAttemptAt: new Date(BEFORE.getTime() + 30 * 24 * HOUR_MS) } }, 0, "invoice.retry_scheduled", "the card's network allows another try only later"],
  [dueInvoice("a", { customer: ofReattempts, invoice: { declines: 1, firstDeclinedAt: new Date("2026-11-15T15:00:00Z") } }), { event: "invoice.payment_failed", failure: { failureCode: "network_budget" }, rule: { name: "network_budget" } }, 0, "invoice.payment_failed", "not while the policy still retries"],
])("a due invoice, case %#", async (due, becomes, needsPerson, logged) => {
  const world = worldOf([due]);
  const summary = emptyRunSummary();
  const page = await claimDue(world.needs, OWNER, OPTIONS, new Map(), summary);
  expect(world.decided).toMatchObject([becomes]);
  expect([summary.needsPerson, world.logged.join(" ")]).toEqual([needsPerson, logged]);
  expect(page).toMatchObject({ moved: typeof becomes === "string" ? 0 : 1, isLimited: false, next: null });
});

test("what the run learned of a customer counts; one that is gone was read as well", async () => {
  const due = ["a", "b", "c"].map((id) => dueInvoice(id, { customer: { card: NOBODY, readAt: null } }));
  const read: CustomersRead = new Map([
    ["cus_a", "gone"],
    ["cus_b", "unread"],
  ] as const);
  const world = worldOf(due);
  const page = await claimDue(world.needs, OWNER, OPTIONS, read, emptyRunSummary());
  expect(world.decided.map((each) => (typeof each === "string" ? each : each.event))).toEqual([
    "invoice.payment_failed",
    "leave",
    "leave",
  ]);
  expect([[...page.toRead], [...page.unread]]).toEqual([["cus_c"], ["cus_b"]]);
});

test("customers whose charges were refused before are named, and those who are refused now are left", async () => {
  const due = [dueInvoice("a", { customer: { nextChargeAt: DUE_AT } }), dueInvoice("b")];
  const world = worldOf(due);
  const options = { ...OPTIONS, isRefusedNow: (id: string) => id === "cus_b" };
  const page = await claimDue(world.needs, OWNER, options, new Map(), emptyRunSummary());
  expect([claimedIds(page), [...page.refusedBefore]]).toEqual(["a", ["cus_a"]]);
});

// prettier-ignore
test.each<[isWaitTold: boolean, told: number, noted: number, needsPerson: number, because: string]>([
  [false, 1, 1, 1, "a person must decide the one before it: that is said"],
  [false, 0, 1, 0, "somebody else has said it meanwhile"],
  [true, 1, 0, 0, "it was said before"],
])("one that waits behind what is held, told before: %p, told now: %i: noted %i, for a person %i (%s)", async (isWaitTold, told, noted, needsPerson) => {
  const world = worldOf([dueInvoice("a", { unsettled: [HELD_BEFORE], isWaitTold }), dueInvoice("b")], { told });
  const summary = emptyRunSummary();
  await claimDue(world.needs, OWNER, OPTIONS, new Map(), summary);
  expect(world.noted).toEqual(noted === 1 ? [[{ invoiceId: "a", heldCycle: 0 }]] : []);
  expect([summary.needsPerson, world.logged]).toEqual([needsPerson, needsPerson === 1 ? ["invoices.wait"] : []]);
});

describe("where the next page begins", () => {
  const inFlight = { customer: { tries: [{ ...SENT, state: "sending" } as const] } };
  const four = ["a", "b", "c", "d"].map((id) => dueInvoice(id));

  // prettier-ignore
  test.each<[due: readonly DueInvoice[], maxCharges: number, pageSize: number, claimed: string, next: string | null, isLimited: boolean, because: string]>([
    [[], 10, 4, "", null, false, "nothing is due"],
    [four, 10, 5, "abcd", null, false, "this was the last page"],
    [four, 10, 4, "abcd", "d", false, "behind a full page there may be more"],
    [four, 10, 2, "ab", "b", false, "so there is"],
    [four, 2, 4, "ab", "b", true, "beyond the limit it goes on with the first that was left"],
    [four, 4, 4, "abcd", "d", false, "the limit is reached by the last"],
    [four, 0, 4, "", "d", true, "none may be charged: the page is judged all the same, and left behind"],
    [[dueInvoice("a", inFlight)], 0, 4, "", null, true, "one in flight would be charged next"],
    [[dueInvoice("a", inFlight)], 1, 4, "", null, false, "it follows in the same run"],
    [[dueInvoice("a", inFlight), dueInvoice("b", { attempt: "unknown" })], 0, 4, "", null, true, "also beside what waits for another reason"],
    [[dueInvoice("a", { attempt: "unknown" })], 0, 4, "", null, false, "that alone is no charge"],
    [[dueInvoice("a", { attempt: "unknown" }), ...four.slice(1)], 0, 4, "", "d", true, "where none may be charged the page is passed, whatever is left of it"],
    [[dueInvoice("a", { attempt: "unknown" }), ...four.slice(1)], 1, 4, "b", "b", true, "what is left for another reason is passed"],
  ])("case %#", async (due, maxCharges, pageSize, claimed, next, isLimited) => {
    const page = await claimDue(worldOf(due).needs, OWNER, { ...OPTIONS, maxCharges, pageSize }, new Map(), emptyRunSummary());
    expect([claimedIds(page), page.next?.invoiceId ?? null, page.isLimited]).toEqual([claimed, next, isLimited]);
    expect(page.next?.at ?? DUE_AT).toEqual(DUE_AT);
  });
});

describe("a page with a row that cannot be understood", () => {
  const due = ["a", "b", "c", "d", "e"].map((id) => dueInvoice(id));
  const placeOf = (invoiceId: string) => ({ at: DUE_AT, invoiceId });

  // prettier-ignore
  test.each<[bad: readonly string[], options: Partial<ClaimOptions>, claimed: string, pages: string, next: string | null, isLimited: boolean, because: string]>([
    [[], {}, "abcde", "abcde", null, false, "control: none is damaged"],
    [["d"], {}, "abce", "abcde abc de d e", null, false, "it is halved until that row is alone"],
    [["a", "e"], {}, "bcd", "abcde abc ab a b c de d e", null, false, "two of them"],
    [["b"], { pageSize: 3 }, "ac", "abc ab a b c", "c", false, "behind a full page there may be more"],
    [["c"], { pageSize: 3 }, "ab", "abc ab c", "c", false, "also where its last row is the damaged one"],
    [["d"], { maxCharges: 2 }, "ab", "abcde abc", "b", true, "beyond the limit the other half is left"],
    [["d"], { maxCharges: 1 }, "a", "abcde abc", "a", true, "so it is beyond a limit of one"],
    [["a"], { maxCharges: 3 }, "bcd", "abcde abc ab a b c de", "d", true, "what one half has charged, the other may not"],
    [["e"], { maxCharges: 0, pageSize: 5 }, "", "abcde abc de d e", "e", true, "limited is the first half, where the other ends with the damaged row"],
    [["b"], { pageSize: 1, after: placeOf("a") }, "", "b b", "b", false, "a page of that row alone"],
    [["b"], { maxCharges: 0 }, "", "abcde abc ab a b c de", null, true, "where none may be charged, each half is judged all the same"],
  ])("%j, with %j: %j of %s, then behind %p, limited: %p (%s)", async (bad, options, claimed, pages, next, isLimited) => {
    const world = worldOf(due, { bad });
    const summary = emptyRunSummary();
    const page = await claimAround(world.needs, OWNER, { ...OPTIONS, ...options }, new Map(), summary);
    expect([claimedIds(page), world.pages.join(" ")]).toEqual([claimed, pages]);
    expect([page.next?.invoiceId ?? null, page.isLimited]).toEqual([next, isLimited]);
    expect(summary.setAside).toEqual(bad.filter((id) => pages.split(" ").includes(id)));
  });

  test("what both halves moved, and whom they name, is of the page", async () => {
    const rows = [
      dueInvoice("a", { customer: THRICE }),
      dueInvoice("b", { customer: { readAt: null, nextChargeAt: DUE_AT } }),
      dueInvoice("c"),
      dueInvoice("d", { customer: { tries: THRICE.tries.map((each) => ({ ...each, invoiceId: "d" })) } }),
      dueInvoice("e", { customer: { readAt: null, nextChargeAt: LATER } }),
    ];
    const page = await claimAround(worldOf(rows, { bad: ["c"] }).needs, OWNER, OPTIONS, new Map(), emptyRunSummary());
    expect(page).toMatchObject({ moved: 2, next: null });
    expect([[...page.toRead], [...page.refusedBefore]]).toEqual([
      ["cus_b", "cus_e"],
      ["cus_b", "cus_e"],
    ]);
  });

  // prettier-ignore
  test.each<[faults: readonly Error[], pages: string, because: string]>([
    [[new DatabaseUnusable("disk full")], "abcde", "the database's fault is no row's"],
    [[new GatewayUnauthorized("no such key")], "abcde", "what is foreseen is no row's"],
    [[new TypeError("a damaged row"), new DatabaseUnusable("disk full")], "abcde abc", "nor is it once the page was halved"],
  ])("%p is thrown, after %s (%s)", async (faults, pages) => {
    const world = worldOf(due, { faults });
    const summary = emptyRunSummary();
    await expect(claimAround(world.needs, OWNER, OPTIONS, new Map(), summary)).rejects.toBe(faults.at(-1));
    expect([world.pages.join(" "), summary.setAside]).toEqual([pages, []]);
  });

  test("rows that others hold are these rows alone", async () => {
    const summary = emptyRunSummary();
    const faults = [new DatabaseUnusable("held", { areRowsHeld: true })];
    await claimAround(worldOf(due, { faults }).needs, OWNER, OPTIONS, new Map(), summary);
    expect(summary.setAside).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("where nothing of the page is due any more, nothing is claimed, and it was the last", async () => {
    const world = worldOf(due, { bad: ["b"], isGone: true });
    const page = await claimAround(world.needs, OWNER, OPTIONS, new Map(), emptyRunSummary());
    expect(page).toMatchObject({ claimed: [], moved: 0, isLimited: false, next: null });
    expect(world.pages).toEqual(["abcde"]);
  });
});
