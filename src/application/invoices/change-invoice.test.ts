/** A person's acts on one invoice, and on many: what is written, what is refused, and what mends it. */
import { describe, expect, test } from "@jest/globals";
import type { AttemptState } from "../../domain/attempt.ts";
import { invoicesMatching, changeMany } from "./change-many.ts";
import { keepLatePayment, markInvoicePaid, retryInvoice, voidInvoice } from "./change-invoice.ts";
import { heldFor, retryHeld } from "./retry-held.ts";

const NOW = new Date("2026-12-10T15:00:00Z");
const PAID_AT = new Date("2026-12-09T15:00:00Z");
const IDS = { invoiceId: "inv_1", subscriptionId: "ana", customerId: "cus_1" };

type World = {
  readonly status?: string;
  readonly amountCents?: number;
  readonly open?: { readonly state: AttemptState; readonly flow: string } | null;
  readonly card?: string | null;
  readonly isCustomerKnown?: boolean;
  readonly forbidden?: readonly string[];
  readonly isKept?: boolean;
};

function worldOf({
  status = "held",
  amountCents = 20015,
  open = null,
  card = "src_1",
  isCustomerKnown = true,
  forbidden = [],
  isKept = true,
}: World) {
  const told: unknown[] = [];
  const invoice: Record<string, unknown> = {
    ...{ id: "inv_1", subscriptionId: "ana", customerId: "cus_1", cycle: 1, oneOffKey: null, status, amountCents },
    ...{
      statusReason: ["open", "paid"].includes(status) ? null : "refused",
      nextAttemptAt: null,
      declines: 1,
      faults: 2,
    },
    ...{ firstDeclinedAt: null, dunningStep: null, dunningClass: null, dunningDueAt: null, retryRequestedAt: null },
    ...{ reopenedFrom: null, balanceCents: 0, currency: "MXN", voidWhenSettled: null },
  };
  const records = {
    invoice: async (id: string) => (id === "inv_1" ? invoice : null),
    invoices: async () => [],
    openAttempt: async () => open && { id: "att_1", ...open },
    customer: async () => (isCustomerKnown ? { id: "cus_1", paymentSourceId: card, cardLast4: "4242" } : null),
    forbiddenCards: async () => forbidden.map((paymentSourceId) => ({ paymentSourceId, cardLast4: "4242" })),
    clearCard: async ({ customerId, paymentSourceId }: Record<string, unknown>, classes: unknown) =>
      void told.push(["cleared", customerId, paymentSourceId, classes]),
    record: ({ type, data, ...ids }: Record<string, unknown>) => void told.push([type, data, ids]),
    refresh: (id: string) => void told.push(["refreshed", id]),
    keepLatePayment: async () => isKept,
    changesOf: async () => [],
    giveBack: async () => {},
  };
  const asked: unknown[] = [];
  const needs = {
    clock: { now: () => NOW },
    store: {
      write: async (_now: Date, work: (within: typeof records) => unknown) => await work(records),
      list: async (_view: string, options: { readonly limit?: number }) => {
        asked.push(options);
        return Array.from({ length: options.limit === undefined ? 1 : status === "many" ? 501 : 500 }, () => ({
          invoiceId: "inv_1",
        }));
      },
    },
  } as unknown as Parameters<typeof retryInvoice>[0] & Parameters<typeof heldFor>[0];
  return { needs, told, invoice, asked };
}

type Thrown = {
  readonly name: string;
  readonly said: { readonly code: string; readonly datum: { readonly why?: { readonly code: string } } };
  readonly mend: object | null;
};

async function refusalOf(work: Promise<unknown>): Promise<Thrown> {
  return await work.then(
    () => ({ name: "done", said: { code: "", datum: {} }, mend: null }),
    (error: unknown) => error as Thrown,
  );
}

describe("what a person does to one invoice", () => {
  test("another try: due now, and the card is tried for all that it pays", async () => {
    const { needs, told, invoice } = worldOf({});
    await retryInvoice(needs, "inv_1");
    expect(invoice).toMatchObject({ status: "open", nextAttemptAt: NOW, retryRequestedAt: NOW });
    expect(told).toEqual([
      ["cleared", "cus_1", "src_1", ["new_card"]],
      ["invoice.retry_requested", { was: "held" }, IDS],
      ["refreshed", "ana"],
    ]);
  });

  test("of a customer that nobody knows there is no card to clear", async () => {
    const { needs, told } = worldOf({ isCustomerKnown: false });
    await retryInvoice(needs, "inv_1");
    expect(told).toHaveLength(2);
  });

  test.each([
    [undefined, undefined],
    ["01" as const, "01"],
  ])("paid by other means, in the form %p", async (form, written) => {
    const { needs, told, invoice } = worldOf({ status: "open" });
    await markInvoicePaid(needs, "inv_1", { why: "cash", paidAt: PAID_AT, ...(form && { form }) });
    expect(invoice).toMatchObject({ status: "paid", paidAt: PAID_AT });
    expect(invoice["paymentForm"]).toBe(written);
    expect(told).toEqual([
      ["invoice.paid", { was: "open", why: "cash", by: "person" }, IDS],
      ["refreshed", "ana"],
    ]);
  });

  test("void, with its reason", async () => {
    const { needs, told, invoice } = worldOf({});
    await voidInvoice(needs, "inv_1", "a mistake");
    expect(invoice).toMatchObject({ status: "void", statusReason: "voided_by_person" });
    expect(told).toContainEqual(["invoice.voided", { was: "held", why: "a mistake" }, IDS]);
    expect(told.at(-1)).toEqual(["refreshed", "ana"]);
  });

  test("money that came late is kept, once", async () => {
    const { needs, told } = worldOf({ status: "paid" });
    await keepLatePayment(needs, "inv_1", "she agreed");
    expect(told).toEqual([["invoice.late_payment_kept", { why: "she agreed" }, IDS]]);
    const answered = await refusalOf(keepLatePayment(worldOf({ isKept: false }).needs, "inv_1", "she agreed"));
    expect([answered.name, answered.said.code]).toEqual(["Refused", "no_late_payment"]);
    expect(await refusalOf(keepLatePayment(needs, "inv_9", "x"))).toMatchObject({
      name: "NotFound",
      said: { code: "no_invoice" },
    });
  });

  const PAGE = { state: "pending", flow: "link" } as const;
  // prettier-ignore
  test.each<[act: "retry" | "void" | "mark_paid", world: World, why: string, mend: object | null]>([
    ["retry", { status: "paid" }, "is_paid", null],
    ["void", { status: "paid" }, "is_paid_refund", null],
    ["mark_paid", { status: "paid" }, "is_paid", null],
    ["retry", { status: "void" }, "is_void_nothing_owed", null],
    ["void", { status: "void" }, "is_void", null],
    ["retry", { open: PAGE }, "has_open_link", { do: "cancel_link", invoiceId: "inv_1" }],
    ["void", { open: PAGE }, "has_open_link", { do: "cancel_link", invoiceId: "inv_1" }],
    ["void", { open: { state: "unknown", flow: "single" } }, "has_open_attempt", null],
    ["retry", { status: "paid", forbidden: ["src_1"] }, "is_paid", null],
    ["retry", { forbidden: ["src_1"] }, "card_is_forbidden", { do: "allow_card", paymentSourceId: "src_1" }],
  ])("%s of %j is refused: %s, mended by %j", async (act, world, why, mend) => {
    const { needs, told } = worldOf(world);
    const acts = {
      retry: () => retryInvoice(needs, "inv_1"),
      void: () => voidInvoice(needs, "inv_1", "x"),
      mark_paid: () => markInvoicePaid(needs, "inv_1", { why: "x", paidAt: PAID_AT }),
    };
    const refused = await refusalOf(acts[act]());
    expect([refused.name, refused.said.code, refused.said.datum.why?.code]).toEqual(["Refused", "invoice_is", why]);
    expect(refused.mend).toEqual(mend);
    expect(told).toEqual([]);
  });

  test.each<[world: World]>([
    [{ forbidden: ["src_2"] }],
    [{ forbidden: ["src_1"], card: null }],
    [{ forbidden: ["src_1"], isCustomerKnown: false }],
  ])("%j: another card, or none, is not the forbidden one", async (world) => {
    expect((await refusalOf(retryInvoice(worldOf(world).needs, "inv_1"))).name).toBe("done");
  });

  test("what is forbidden to the card is not forbidden to cash", async () => {
    const { needs } = worldOf({ forbidden: ["src_1"] });
    expect((await refusalOf(markInvoicePaid(needs, "inv_1", { why: "cash", paidAt: PAID_AT }))).name).toBe("done");
  });

  test("what is not there cannot be changed", async () => {
    const missing = await refusalOf(retryInvoice(worldOf({}).needs, "inv_9"));
    expect(missing).toMatchObject({ name: "NotFound", mend: { do: "list", what: "invoices" } });
  });
});

describe("what a person does to many", () => {
  type Done = Parameters<Parameters<typeof changeMany>[3]>[0];
  const change = async (world: World, action: "retry" | "void", isPlan: boolean) => {
    const { needs, told, invoice } = worldOf(world);
    const done: Done[] = [];
    await changeMany(needs, ["inv_1"], { action, why: "a mistake", isPlan }, (each) => void done.push(each));
    return { done, told, invoice };
  };

  test.each<[action: "retry" | "void", isPlan: boolean, status: string]>([
    ["retry", false, "open"],
    ["void", false, "void"],
    ["retry", true, "held"],
    ["void", true, "held"],
  ])("%s, as a plan only: %p: it is %s", async (action, isPlan, status) => {
    const { done, told, invoice } = await change({}, action, isPlan);
    expect(invoice["status"]).toBe(status);
    expect(done).toEqual([{ changed: ["inv_1"], left: [] }]);
    expect(told.length > 0).toBe(!isPlan);
  });

  test.each([true, false])("what may not be changed is left, and said; as a plan only: %p", async (isPlan) => {
    const { done, told } = await change({ status: "paid" }, "void", isPlan);
    expect(done).toMatchObject([{ changed: [], left: [{ invoiceId: "inv_1", because: { code: "invoice_is" } }] }]);
    expect(told).toEqual([]);
  });

  test("what is no refusal leaves all as they were", async () => {
    const { needs } = worldOf({});
    await expect(
      changeMany(needs, ["inv_1", "inv_9"], { action: "retry", why: "x", isPlan: false }, () => {}),
    ).rejects.toMatchObject({ name: "NotFound" });
  });

  test.each<[status: string, most: number | null]>([
    ["held", null],
    ["many", 500],
  ])("those that are %s: refused beyond %p", async (status, most) => {
    const { needs, asked } = worldOf({ status });
    const refused = await refusalOf(invoicesMatching(needs, { status: "held" }));
    expect(refused.said).toEqual(most === null ? { code: "", datum: {} } : { code: "too_many_match", datum: { most } });
    expect(asked).toEqual([{ where: { status: "held" }, limit: 501 }]);
  });

  test("all that were held for a reason are put up again, and those that may not be are named", async () => {
    const { needs, invoice, asked } = worldOf({});
    expect(await heldFor(needs, "refused")).toEqual([{ invoiceId: "inv_1" }]);
    expect(asked).toEqual([{ where: { status: "held", statusReason: "refused" } }]);
    expect(await retryHeld(needs, [{ invoiceId: "inv_1" }])).toEqual([]);
    expect(invoice["status"]).toBe("open");
    const left = await retryHeld(worldOf({ open: { state: "unknown", flow: "single" } }).needs, [
      { invoiceId: "inv_1" },
    ]);
    expect(left).toEqual([{ invoiceId: "inv_1", because: expect.stringContaining("inv_1") }]);
    await expect(retryHeld(needs, [{ invoiceId: "inv_9" }])).rejects.toMatchObject({ name: "NotFound" });
  });
});
