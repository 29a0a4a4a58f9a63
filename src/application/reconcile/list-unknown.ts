/** What waits for certainty or for a person: unknown attempts, held invoices, refunds whose answer was lost. */
import type { ListRow } from "../ports/listings.ts";
import type { Store } from "../ports/store.ts";
import type { RefundRecords } from "../ports/refunds.ts";

/** One row of the books for people: the attempt's facts where there is one, and always the invoice's. */
export type UnknownRow = ListRow;

type Needs = { readonly store: Pick<Store, "list"> & { readonly refunds: Pick<RefundRecords, "list"> } };

export async function listUnknown({ store }: Needs, now: Date): Promise<readonly UnknownRow[]> {
  const attempts = await store.list("attempts", { where: { state: "unknown" } });
  const unknown = await Promise.all(
    attempts.map(async (attempt) => {
      const [invoice] = await store.list("invoices", { where: { invoiceId: String(attempt["invoiceId"]) } });
      return rowOf("unknown", invoice ?? {}, attempt, now);
    }),
  );
  const invoices = new Set(attempts.map(({ invoiceId }) => invoiceId));
  const held = (await store.list("invoices", { where: { status: "held" } })).filter(
    ({ invoiceId }) => !invoices.has(invoiceId),
  );
  const others = await Promise.all(
    held.map(async (invoice) => {
      const [last] = (
        await store.list("attempts", { where: { invoiceId: String(invoice["invoiceId"]) } })
      ).toReversed();
      return rowOf("held", invoice, last ?? null, now);
    }),
  );
  const refunds = (await store.refunds.list({ states: ["requested", "unknown"] })).map((refund) => ({
    kind: "refund",
    since: refund["createdAt"],
    ageSeconds: ageSeconds(refund["createdAt"], now),
    ...refund,
  }));
  return [...unknown, ...others, ...refunds].toSorted((a, b) => String(a["since"]).localeCompare(String(b["since"])));
}

/** @param name of an attempt, or of an invoice. @returns null when there is neither */
export async function showUnknown(
  { store }: Needs,
  name: string,
  now: Date,
): Promise<{ readonly row: UnknownRow; readonly events: readonly ListRow[] } | null> {
  const [named] = await store.list("attempts", { where: { attemptId: name } });
  const invoiceId = named === undefined ? name : String(named["invoiceId"]);
  const [invoice] = await store.list("invoices", { where: { invoiceId } });
  if (invoice === undefined) return null;
  const attempts = await store.list("attempts", { where: { invoiceId } });
  const attempt = named ?? attempts.findLast(({ state }) => state === "unknown") ?? attempts.at(-1) ?? null;
  const events = await store.list("events", { where: { invoiceId } });
  return { row: rowOf(attempt?.["state"] === "unknown" ? "unknown" : "held", invoice, attempt, now), events };
}

function rowOf(kind: "unknown" | "held", invoice: ListRow, attempt: ListRow | null, now: Date): UnknownRow {
  const since = attempt?.["sentAt"] ?? attempt?.["claimedAt"] ?? invoice["openedAt"];
  const evidence = (attempt?.["evidence"] ?? []) as readonly ListRow[];
  return {
    kind,
    since,
    ageSeconds: ageSeconds(since, now),
    ...picked(invoice, ["invoiceId", "subscriptionId", "customerId", "customerName", "cycle"]),
    ...picked(invoice, ["amountCents", "amount", "currency"]),
    invoiceStatus: invoice["status"],
    statusReason: invoice["statusReason"] ?? null,
    ...picked(attempt ?? {}, ["attemptId", "number", "state", "reference", "flow", "orderId", "chargeId", "sentAt"]),
    ...picked(attempt ?? {}, ["inquiries", "nextInquiryAt", "httpStatus", "logId", "cardBrand", "cardLast4"]),
    because: evidence.at(-1)?.["because"] ?? null,
    evidence,
  };
}

function ageSeconds(since: unknown, now: Date): number {
  return Math.floor((now.getTime() - Date.parse(String(since))) / 1000);
}

function picked(row: ListRow, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
}
