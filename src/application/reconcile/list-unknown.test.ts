import { expect, test } from "@jest/globals";
import { listUnknown, showUnknown } from "./list-unknown.ts";

const NOW = new Date("2026-12-10T15:00:00.999Z");
const at = (day: number): string => `2026-12-0${day}T15:00:00.000Z`;

type Row = Readonly<Record<string, unknown>>;

const INVOICES: readonly Row[] = [
  { invoiceId: "inv_1", status: "held", openedAt: at(1), statusReason: "unknown_outcome", amountCents: 100_00 },
  { invoiceId: "inv_2", status: "held", openedAt: at(2), statusReason: "refused" },
  { invoiceId: "inv_3", status: "held", openedAt: at(3), statusReason: "daily_limit" },
  { invoiceId: "inv_4", status: "open", openedAt: at(1), statusReason: null },
  { invoiceId: "inv_5", status: "paid", openedAt: at(1), statusReason: null },
];
const ATTEMPTS: readonly Row[] = [
  {
    attemptId: "att_1",
    invoiceId: "inv_1",
    state: "unknown",
    sentAt: at(6),
    claimedAt: at(5),
    number: 1,
    evidence: [{ because: "first" }, { because: "last" }],
  },
  {
    attemptId: "att_2",
    invoiceId: "inv_2",
    state: "declined",
    sentAt: at(4),
    claimedAt: at(4),
    number: 1,
    evidence: [],
  },
  { attemptId: "att_3", invoiceId: "inv_2", state: "refused", sentAt: null, claimedAt: at(7), number: 2, evidence: [] },
  {
    attemptId: "att_4",
    invoiceId: "inv_4",
    state: "unknown",
    sentAt: at(5),
    claimedAt: at(4),
    number: 1,
    evidence: [],
  },
  {
    attemptId: "att_5",
    invoiceId: "inv_4",
    state: "declined",
    sentAt: at(8),
    claimedAt: at(8),
    number: 2,
    evidence: [],
  },
];
const EVENTS: readonly Row[] = [
  { invoiceId: "inv_1", type: "invoice.opened" },
  { invoiceId: "inv_2", type: "invoice.held" },
];

function booksOf() {
  const views: Readonly<Record<string, readonly Row[]>> = { invoices: INVOICES, attempts: ATTEMPTS, events: EVENTS };
  const asked: unknown[] = [];
  const needs = {
    store: {
      list: async (view: string, { where }: { readonly where: Row }) =>
        views[view]!.filter((row) => Object.entries(where).every(([column, value]) => row[column] === value)),
      refunds: {
        list: async (which: unknown) => {
          asked.push(which);
          return [{ refundId: "ref_1", createdAt: at(2), amountCents: 5_00 }];
        },
      },
    },
  } as unknown as Parameters<typeof listUnknown>[0];
  return { needs, asked };
}

test("what waits is listed by its age: unknown attempts, held invoices by their last try, refunds without an answer", async () => {
  const { needs, asked } = booksOf();
  const rows = await listUnknown(needs, NOW);
  const shown = rows.map((row) => [
    row.kind,
    "attemptId" in row ? row.attemptId : "",
    row.since.slice(8, 10),
    row.ageSeconds,
  ]);
  expect(shown).toEqual(
    [
      ["refund", undefined, "02", 8 * 86_400],
      ["held", null, "03", 7 * 86_400],
      ["unknown", "att_4", "05", 5 * 86_400],
      ["unknown", "att_1", "06", 4 * 86_400],
      ["held", "att_3", "07", 3 * 86_400],
    ].map(([kind, attemptId, ...since]) => [kind, kind === "refund" ? "" : attemptId, ...since]),
  );
  expect(asked).toEqual([{ states: ["requested", "unknown"] }]);
  expect(rows[3]).toMatchObject({ because: "last", evidence: [{ because: "first" }, { because: "last" }], number: 1 });
  expect(rows[1]).toMatchObject({
    because: null,
    evidence: [],
    number: null,
    state: null,
    statusReason: "daily_limit",
  });
});

test.each<[name: string, kind: string | null, attemptId: string | null, because: string]>([
  ["att_1", "unknown", "att_1", "by its attempt"],
  ["att_2", "held", "att_2", "an attempt that is over, though a later one is there"],
  ["inv_1", "unknown", "att_1", "by its invoice"],
  ["inv_4", "unknown", "att_4", "the unknown one, though a later one was declined"],
  ["inv_2", "held", "att_3", "the last"],
  ["inv_3", "held", null, "it was never tried"],
  ["inv_9", null, null, "there is no such thing"],
])("%s shows what is %p of %p (%s)", async (name, kind, attemptId) => {
  const shown = await showUnknown(booksOf().needs, name, NOW);
  expect(shown?.row.kind ?? null).toBe(kind);
  expect(shown?.row.attemptId ?? null).toBe(attemptId);
});

test("what is shown has the events of its invoice, and no other", async () => {
  const shown = await showUnknown(booksOf().needs, "att_1", NOW);
  expect(shown?.events).toEqual([{ invoiceId: "inv_1", type: "invoice.opened" }]);
});
