/** What waits for an invoice and what lowers it. */
import {
  isoInstant,
  isoInstantOrNull,
  jsonShownOrNull,
  text,
  textOrNull,
  whole,
  wholeOrNull,
  word,
} from "../../dialect/codec.ts";
import type { LineTax, TaxRate } from "../../../../domain/tax.ts";
import { ms, type RawRow } from "../../dialect/sql.ts";
import { amountIn } from "../columns.ts";
import { type Sources } from "./source.ts";

function taxRate(row: RawRow, column: string): TaxRate | null {
  return jsonShownOrNull<LineTax>(row, column)?.rate ?? null;
}

function percent(row: RawRow, column: string): number | null {
  const hundredths = wholeOrNull(row, column);
  return hundredths === null ? null : hundredths / 100;
}

export const EXTRAS: Sources<"items" | "balanceEntries" | "coupons" | "couponGrants" | "consents"> = {
  items: {
    name: "items",
    from: "item e",
    columns: {
      key: ["e.key", text],
      customerId: ["e.customer_id", text],
      subscriptionId: ["e.subscription_id", textOrNull],
      name: ["e.name", text],
      ...amountIn("e"),
      discountCents: ["e.discount_cents", whole],
      currency: ["e.currency", text],
      taxRate: ["e.tax", taxRate],
      state: [
        "case when e.removed_at is not null then 'removed' when e.invoice_id is null then 'pending' else 'consumed' end",
        word,
      ],
      invoiceId: ["e.invoice_id", textOrNull],
      createdAt: ["e.created_at", isoInstant],
      createdBy: ["e.created_by", text],
    },
    order: { by: ["e.created_at", "e.id"], direction: "desc" },
    since: ["e.created_at", ms],
  },
  balanceEntries: {
    name: "balanceEntries",
    from: "balance_entry b",
    columns: {
      customerId: ["b.customer_id", text],
      currency: ["b.currency", text],
      number: ["b.number", whole],
      kind: ["b.kind", word],
      ...amountIn("b"),
      balanceCents: ["b.balance_cents", whole],
      invoiceId: ["b.invoice_id", textOrNull],
      reason: ["b.reason", text],
      actor: ["b.actor", text],
      at: ["b.at", isoInstant],
    },
    order: { by: ["b.customer_id", "b.currency", "b.number"], direction: "asc" },
    since: ["b.at", ms],
  },
  coupons: {
    name: "coupons",
    from: "coupon c",
    columns: {
      code: ["c.code", text],
      percent: ["c.percent_hundredths", percent],
      amountCents: ["c.amount_cents", wholeOrNull],
      currency: ["c.currency", textOrNull],
      cycles: ["c.cycles", wholeOrNull],
      redeemBy: ["c.redeem_by", textOrNull],
      maxRedemptions: ["c.max_redemptions", wholeOrNull],
      redemptions: ["(select count(*) from coupon_grant g where g.coupon_code = c.code)", whole],
      plans: ["c.plan_ids", jsonShownOrNull],
      archivedAt: ["c.archived_at", isoInstantOrNull],
      source: ["c.source", word],
    },
    order: { by: ["c.code"], direction: "asc" },
  },
  consents: {
    name: "consents",
    from: "consent e",
    columns: {
      consentId: ["e.id", text],
      subscriptionId: ["e.subscription_id", text],
      version: ["e.version", text],
      text: ["e.text", text],
      ...amountIn("e"),
      currency: ["e.currency", text],
      interval: ["e.interval", word],
      frequency: ["e.frequency", whole],
      consentedAt: ["e.consented_at", isoInstant],
      channel: ["e.channel", word],
      recordedBy: ["e.recorded_by", text],
      addressHash: ["e.address_hash", textOrNull],
      createdAt: ["e.created_at", isoInstant],
    },
    order: { by: ["e.created_at", "e.id"], direction: "desc" },
    since: ["e.created_at", ms],
  },
  couponGrants: {
    name: "couponGrants",
    from: "coupon_grant g",
    columns: {
      subscriptionId: ["g.subscription_id", text],
      code: ["g.coupon_code", text],
      number: ["g.number", whole],
      fromCycle: ["g.from_cycle", whole],
      untilCycle: ["g.until_cycle", wholeOrNull],
      grantedAt: ["g.granted_at", isoInstant],
      grantedBy: ["g.granted_by", text],
      takenAt: ["g.taken_at", isoInstantOrNull],
    },
    order: { by: ["g.subscription_id", "g.number"], direction: "asc" },
    since: ["g.granted_at", ms],
  },
};
