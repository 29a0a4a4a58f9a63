/** What a preview says of the run that would come now: with nothing written, and nobody asked. */
import { expect, test } from "@jest/globals";
import { dueInvoice } from "../../../test/support/due-invoice.ts";
import { policyOf } from "../../../test/support/policy.ts";
import { later, NOW, planOf, subscriptionOf } from "../../../test/support/records.ts";
import { DAY_MS } from "../../domain/duration.ts";
import { RowUnreadable } from "../../domain/errors.ts";
import type { Invoice } from "../../domain/invoice.ts";
import { NOTHING_WAITS } from "../../domain/invoice-content.ts";
import type { DueSubscription } from "../../domain/opening.ts";
import type { Plan } from "../../domain/plan.ts";
import type { DueInvoice, DuePlace } from "../ports/charging.ts";
import { type PreviewLimits, previewRun } from "./preview-run.ts";

const NONE: PreviewLimits = {
  askedCharges: null,
  maxCharges: null,
  maxAmountCents: null,
  maxChargesPerCustomerPerDay: 3,
};

function subscription(id: string, plan: Partial<Plan> = {}, change: Partial<DueSubscription> = {}): DueSubscription {
  const made = planOf(plan);
  const facts = { plan: made, lastMissedAt: null, voidCycles: 0, waiting: NOTHING_WAITS };
  return { ...subscriptionOf(id, change, made), ...facts, ...change };
}

function invoice(id: string, at: Date, change: Parameters<typeof dueInvoice>[1] = {}): DueInvoice {
  return dueInvoice(id, { ...change, invoice: { nextAttemptAt: at, ...change.invoice } });
}

type World = {
  readonly due?: readonly DueInvoice[];
  readonly subscriptions?: readonly DueSubscription[];
  readonly unreadable?: readonly string[];
  readonly limits?: Partial<PreviewLimits>;
  /** Attempts that wait to be asked about. */
  readonly uncertain?: number;
};

async function previewed({ due = [], subscriptions = [], unreadable = [], limits = {}, uncertain = 7 }: World) {
  const asked: unknown[] = [];
  const before: string[] = [];
  let ids = 0;
  const needs = {
    ...{ policies: new Map([["standard", policyOf()]]), budgets: {}, clock: { now: () => NOW } },
    random: { newId: (prefix: string) => `${prefix}_${(ids += 1)}` },
    store: {
      dueSubscriptions: async (_now: Date, _limit: number, except: readonly string[]) => {
        const [broken] = unreadable.filter((id) => !except.includes(id));
        if (broken !== undefined) throw new RowUnreadable(broken, { cause: "a damaged row" });
        return subscriptions;
      },
      dueInvoices: async (
        _now: Date,
        { after, limit }: { readonly after: DuePlace | null; readonly limit: number },
      ) => {
        asked.push(after);
        const from = after === null ? 0 : due.findIndex((each) => each.invoice.id === after.invoiceId) + 1;
        return due.slice(from, from + limit);
      },
      factsBeforeOpening: async (opened: readonly Invoice[]) => {
        before.push(...opened.map(({ subscriptionId, cycle }) => `${subscriptionId} ${cycle}`));
        return opened.map(({ id, cycle, nextAttemptAt, amountCents, subscriptionId }) => ({
          ...dueInvoice(id, { subscriptionId, invoice: { cycle, nextAttemptAt, amountCents } }),
        }));
      },
      sentWithinTheHour: async () => ({ charges: 1, amountCents: 100 }),
      dueInquiries: async (_now: Date, limit: number) => Array.from({ length: Math.min(uncertain, limit) }),
      installation: async () => ({ haltReason: "prices" }),
    },
  } as unknown as Parameters<typeof previewRun>[0];
  return { preview: await previewRun(needs, { ...NONE, ...limits }), asked, before };
}

const EARLIER = later(-DAY_MS);

test("nothing is due: nothing would be done; what is asked about, and why nobody is charged, is told", async () => {
  expect((await previewed({})).preview).toEqual({
    ...{ wouldOpen: [], wouldCharge: [], wouldNotCharge: [], stoppedAt: null, setAside: [] },
    ...{ wouldInquire: 7, haltReason: "prices" },
  });
});

test.each([
  [10_000, 10_000, "each is counted"],
  [10_001, 10_000, "as many as a preview shows"],
])("of %i outcomes that are uncertain it says %i: %s", async (uncertain, said) => {
  expect((await previewed({ uncertain })).preview.wouldInquire).toBe(said);
});

test("what is open is charged, or is not, for a reason; the longest due first", async () => {
  const due = [
    invoice("b", EARLIER),
    invoice("a", NOW),
    invoice("c", later(-2), { attempt: "unknown" }),
    invoice("d", later(-1), { customer: { readAt: null } }),
  ];
  const { preview } = await previewed({ due });
  expect(preview.wouldCharge).toEqual(
    [["b", EARLIER] as const, ["d", later(-1)] as const, ["a", NOW] as const].map(([id, at]) => ({
      ...{ invoiceId: id, subscriptionId: `sub_${id}`, customerId: `cus_${id}`, cycle: 1, amountCents: 20015 },
      ...{ currency: "MXN", dueAt: at.toISOString(), missed: false },
    })),
  );
  expect(preview.wouldNotCharge).toMatchObject([{ invoiceId: "c", because: "open_attempt", until: null }]);
});

test("what would be put off says until when", async () => {
  const tries = [1, 2, 3].map(
    () => ({ invoiceId: "a", state: "paid", flow: "single", sentAt: later(-60_000) }) as const,
  );
  const { preview } = await previewed({ due: [invoice("a", NOW, { customer: { tries }, invoice: { declines: 1 } })] });
  expect(preview.wouldNotCharge).toMatchObject([
    { because: "daily_limit", until: later(DAY_MS - 60_000).toISOString() },
  ]);
});

test("a limit of the run counts what was sent within the hour", async () => {
  const due = ["a", "b", "c"].map((id) => invoice(id, NOW));
  const { preview } = await previewed({ due, limits: { maxCharges: 2 } });
  expect([preview.wouldCharge.length, preview.stoppedAt]).toEqual([1, "MAX_CHARGES_PER_RUN"]);
  expect(preview.wouldNotCharge.map(({ because }) => because)).toEqual(["MAX_CHARGES_PER_RUN", "MAX_CHARGES_PER_RUN"]);
});

test.each<[count: number, pages: number]>([
  [1, 1],
  [2000, 2],
  [2001, 2],
])("of %i that are due each is shown, in %i pages", async (count, pages) => {
  const due = Array.from({ length: count }, (_, at) => invoice(`i${at}`, NOW));
  const { preview, asked } = await previewed({ due });
  expect([preview.wouldCharge.length, asked.length]).toEqual([count, pages]);
  expect(asked.slice(1)).toEqual(
    Array.from({ length: pages - 1 }, (_, at) => ({ at: NOW, invoiceId: `i${2000 * (at + 1) - 1}` })),
  );
});

test("what would be opened is charged with what is open, after it, and has no id yet", async () => {
  const { preview, before } = await previewed({ due: [invoice("z", NOW)], subscriptions: [subscription("ana")] });
  expect(before).toEqual(["ana 1"]);
  expect(preview.wouldOpen).toMatchObject([
    { subscriptionId: "ana", customerId: "cus_ana", cycle: 1, status: "open", amountCents: 20015, missed: false },
  ]);
  expect(preview.wouldOpen[0]).not.toHaveProperty("id");
  expect(preview.wouldCharge.map(({ invoiceId, subscriptionId, dueAt }) => [invoiceId, subscriptionId, dueAt])).toEqual(
    [
      ["z", "sub_z", NOW.toISOString()],
      [null, "ana", NOW.toISOString()],
    ],
  );
});

test("what would be opened for a later day, or for a person, is not charged now", async () => {
  const waits = subscription("ana", { interval: "day" }, { anchorLocal: "2026-02-25T09:00", nextCycle: 0 });
  const held = subscription("beto", { interval: "week", catchUp: "ask" }, { nextCycle: 0 });
  const { preview, before } = await previewed({ subscriptions: [waits, held] });
  expect(preview.wouldOpen.length).toBeGreaterThan(4);
  // Of the missed ones the first, one a day; the current one waits for its day, too, or is due now.
  const dueNow = preview.wouldOpen.filter(({ nextAttemptAt }) => nextAttemptAt !== null && nextAttemptAt <= NOW);
  expect(dueNow.length).toBeLessThan(preview.wouldOpen.length);
  expect(before).toEqual(dueNow.map(({ subscriptionId, cycle }) => `${subscriptionId} ${cycle}`));
});

test("what cannot be read, or opened, is told, and the others are previewed", async () => {
  const broken = { ...subscription("beto"), plan: planOf({ interval: "fortnight of the moon" as never }) };
  const { preview } = await previewed({ subscriptions: [broken, subscription("ana")], unreadable: ["caro"] });
  expect(preview.setAside).toEqual(["caro", "beto"]);
  expect(preview.wouldOpen).toMatchObject([{ subscriptionId: "ana" }]);
});
