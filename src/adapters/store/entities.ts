/**
 * All tables, once, by subject in `entities/`; those in `mapped.ts` are the mapper's. The migrations build them; a test holds the two together.
 *
 * The money rules live there as UNIQUE and CHECK: what they forbid cannot be written by any code path, nor by hand.
 */
import type { EntitySchema } from "@mikro-orm/core";
import { ApiKeyEntity, IdempotencyEntity } from "./entities/api.ts";
import { ArchivedInvoiceEntity, ArchiveEntity } from "./entities/archives.ts";
import { AttemptEntity, DeniedChargeEntity } from "./entities/attempts.ts";
import { BalanceEntryEntity } from "./entities/balances.ts";
import { CustomerTaxEntity, CfdiEntity, CfdiPartEntity } from "./entities/cfdi.ts";
import { ConsentEntity } from "./entities/consents.ts";
import { CouponEntity, CouponGrantEntity } from "./entities/coupons.ts";
import { CustomerEntity } from "./entities/customers.ts";
import { DisputeEntity, DisputeReadingEntity } from "./entities/disputes.ts";
import { EventEntity, EventDeliveryEntity } from "./entities/events.ts";
import { ReadFailureEntity, GuardProbeEntity, OrderSetAsideEntity } from "./entities/gateway-findings.ts";
import { InstallationEntity, HaltEntity, NodeEntity, DutyEntity } from "./entities/installation.ts";
import { InvoiceEntity } from "./entities/invoices.ts";
import { ItemEntity } from "./entities/items.ts";
import { RevenueDayEntity, TallyEntity } from "./entities/kept-counts.ts";
import { PaymentLinkEntity } from "./entities/payment-links.ts";
import { PlanEntity } from "./entities/plans.ts";
import { RefundEntity } from "./entities/refunds.ts";
import { SubscriptionEntity, SubscriptionChangeEntity } from "./entities/subscriptions.ts";
import { WebhookEventEntity } from "./entities/webhooks.ts";

export const entities: readonly EntitySchema[] = [
  InstallationEntity,
  NodeEntity,
  DutyEntity,
  HaltEntity,
  ReadFailureEntity,
  PlanEntity,
  CustomerEntity,
  SubscriptionEntity,
  SubscriptionChangeEntity,
  InvoiceEntity,
  AttemptEntity,
  EventEntity,
  EventDeliveryEntity,
  WebhookEventEntity,
  RefundEntity,
  GuardProbeEntity,
  PaymentLinkEntity,
  DeniedChargeEntity,
  OrderSetAsideEntity,
  DisputeEntity,
  DisputeReadingEntity,
  ApiKeyEntity,
  IdempotencyEntity,
  CustomerTaxEntity,
  CfdiEntity,
  CfdiPartEntity,
  CouponEntity,
  CouponGrantEntity,
  ItemEntity,
  BalanceEntryEntity,
  ConsentEntity,
  ArchiveEntity,
  ArchivedInvoiceEntity,
  RevenueDayEntity,
  TallyEntity,
];
