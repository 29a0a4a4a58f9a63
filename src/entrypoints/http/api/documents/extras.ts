/** What waits for an invoice and what lowers it. */
import { z } from "zod";
import type {
  BalanceEntryRow,
  ConsentRow,
  CouponGrantRow,
  CouponRow,
  ItemRow,
} from "../../../../application/ports/listings/extras.ts";
import { BALANCE_KINDS } from "../../../../domain/balance.ts";
import { INTERVALS } from "../../../../domain/calendar/calendar.ts";
import { CONSENT_CHANNELS } from "../../../../domain/consent.ts";
import { rowOf } from "../row-schema.ts";
import {
  cents,
  centsOrNull,
  instant,
  instantOrNull,
  oneOf,
  source,
  taxRate,
  text,
  textOrNull,
  whole,
  wholeOrNull,
} from "./values.ts";

export const itemRow = rowOf<ItemRow>("Item")({
  key: text,
  customerId: text,
  subscriptionId: textOrNull,
  name: text,
  amountCents: cents,
  currency: text,
  discountCents: cents,
  taxRate: taxRate.nullable(),
  state: z.enum(["pending", "consumed", "removed"]),
  invoiceId: textOrNull,
  createdAt: instant,
  createdBy: text,
});

export const couponRow = rowOf<CouponRow>("Coupon")({
  code: text,
  percent: z.number().nullable(),
  amountCents: centsOrNull,
  currency: textOrNull,
  cycles: wholeOrNull,
  redeemBy: textOrNull,
  maxRedemptions: wholeOrNull,
  redemptions: whole,
  plans: z.array(text).nullable(),
  archivedAt: instantOrNull,
  source,
});

export const couponGrantRow = rowOf<CouponGrantRow>("CouponGrant")({
  subscriptionId: text,
  code: text,
  number: whole,
  fromCycle: whole,
  untilCycle: wholeOrNull,
  grantedAt: instant,
  grantedBy: text,
  takenAt: instantOrNull,
});

export const balanceEntryRow = rowOf<BalanceEntryRow>("BalanceEntry")({
  customerId: text,
  number: whole,
  kind: oneOf(BALANCE_KINDS),
  amountCents: cents,
  currency: text,
  balanceCents: cents,
  invoiceId: textOrNull,
  reason: text,
  actor: text,
  at: instant,
});

export const consentRow = rowOf<ConsentRow>("Consent")({
  consentId: text,
  subscriptionId: text,
  version: text,
  text,
  amountCents: cents,
  currency: text,
  interval: oneOf(INTERVALS),
  frequency: whole,
  consentedAt: instant,
  channel: oneOf(CONSENT_CHANNELS),
  recordedBy: text,
  addressHash: textOrNull,
  createdAt: instant,
});
