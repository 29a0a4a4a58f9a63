/** What customers agreed to. */
import { defineEntity, p } from "@mikro-orm/core";
import { INTERVALS } from "../../../domain/calendar/calendar.ts";
import { CONSENT_CHANNELS } from "../../../domain/consent.ts";
import { SubscriptionEntity } from "./subscriptions.ts";

/** Triggers refuse every change of it. */
export const ConsentEntity = defineEntity({
  name: "Consent",
  tableName: "consent",
  properties: {
    id: p.text().primary(),
    subscriptionId: () => p.manyToOne(SubscriptionEntity).mapToPk().joinColumn("subscription_id"),
    version: p.text().check("length(version) between 1 and 100"),
    text: p.text().check("length(text) >= 1"),
    amountCents: p.integer().check("amount_cents >= 0"),
    currency: p.text().check("length(currency) = 3"),
    interval: p.enum(INTERVALS),
    frequency: p.integer().check("frequency >= 1"),
    consentedAt: p.datetime(3),
    channel: p.enum(CONSENT_CHANNELS),
    recordedBy: p.text(),
    addressHash: p.text().nullable().check("length(address_hash) = 64"),
    createdAt: p.datetime(3),
  },
});
