/**
 * The tables that the mapper's unit of work reads and writes. The others are described in `entities.ts` as well, and statements
 * write them: whatever the mapper is told of, it works out at each start, and the ten take half as long as all.
 */
import type { EntitySchema } from "@mikro-orm/core";
import { AttemptEntity } from "./entities/attempts.ts";
import { ConsentEntity } from "./entities/consents.ts";
import { CouponEntity, CouponGrantEntity } from "./entities/coupons.ts";
import { CustomerEntity } from "./entities/customers.ts";
import { InvoiceEntity } from "./entities/invoices.ts";
import { ItemEntity } from "./entities/items.ts";
import { PlanEntity } from "./entities/plans.ts";
import { SubscriptionChangeEntity, SubscriptionEntity } from "./entities/subscriptions.ts";

export const mapped: readonly EntitySchema[] = [
  PlanEntity,
  CustomerEntity,
  SubscriptionEntity,
  SubscriptionChangeEntity,
  InvoiceEntity,
  AttemptEntity,
  CouponEntity,
  CouponGrantEntity,
  ItemEntity,
  ConsentEntity,
];
