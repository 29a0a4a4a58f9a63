/** SQLite's migrations: many files, loaded only by who may change the tables. */
import type { Migration } from "@mikro-orm/migrations";
import { Migration20261123000001Books } from "../../../../migrations/sqlite/Migration20261123000001Books.ts";
import { Migration20261123000002Views } from "../../../../migrations/sqlite/Migration20261123000002Views.ts";
import { Migration20261123000003Webhooks } from "../../../../migrations/sqlite/Migration20261123000003Webhooks.ts";
import { Migration20261123000004Refunds } from "../../../../migrations/sqlite/Migration20261123000004Refunds.ts";
import { Migration20261123000005GuardProbe } from "../../../../migrations/sqlite/Migration20261123000005GuardProbe.ts";
import { Migration20261123000006Dunning } from "../../../../migrations/sqlite/Migration20261123000006Dunning.ts";
import { Migration20261123000007Notifications } from "../../../../migrations/sqlite/Migration20261123000007Notifications.ts";
import { Migration20261123000008DunningViews } from "../../../../migrations/sqlite/Migration20261123000008DunningViews.ts";
import { Migration20261123000009WebhookIndexes } from "../../../../migrations/sqlite/Migration20261123000009WebhookIndexes.ts";
import { Migration20261128000010Words } from "../../../../migrations/sqlite/Migration20261128000010Words.ts";
import { Migration20261128000011NextBilling } from "../../../../migrations/sqlite/Migration20261128000011NextBilling.ts";
import { Migration20261128000012OrdersSetAside } from "../../../../migrations/sqlite/Migration20261128000012OrdersSetAside.ts";
import { Migration20261128000013Halts } from "../../../../migrations/sqlite/Migration20261128000013Halts.ts";
import { Migration20261128000014ReadFailures } from "../../../../migrations/sqlite/Migration20261128000014ReadFailures.ts";
import { Migration20261128000015SubscriptionEnds } from "../../../../migrations/sqlite/Migration20261128000015SubscriptionEnds.ts";
import { Migration20261128000016DeniedCharges } from "../../../../migrations/sqlite/Migration20261128000016DeniedCharges.ts";
import { Migration20261128000017RefusedCharges } from "../../../../migrations/sqlite/Migration20261128000017RefusedCharges.ts";
import { Migration20261128000018DunnedCustomers } from "../../../../migrations/sqlite/Migration20261128000018DunnedCustomers.ts";
import { Migration20261128000019Indexes } from "../../../../migrations/sqlite/Migration20261128000019Indexes.ts";
import { Migration20261128000020WaitingCycles } from "../../../../migrations/sqlite/Migration20261128000020WaitingCycles.ts";
import { Migration20261128000021Nodes } from "../../../../migrations/sqlite/Migration20261128000021Nodes.ts";
import { Migration20261128000022RefundedHistory } from "../../../../migrations/sqlite/Migration20261128000022RefundedHistory.ts";
import { Migration20261128000023DatedPrices } from "../../../../migrations/sqlite/Migration20261128000023DatedPrices.ts";
import { Migration20261128000024ReopenedInvoices } from "../../../../migrations/sqlite/Migration20261128000024ReopenedInvoices.ts";
import { Migration20261128000025ManyNodes } from "../../../../migrations/sqlite/Migration20261128000025ManyNodes.ts";
import { Migration20261128000026Taxes } from "../../../../migrations/sqlite/Migration20261128000026Taxes.ts";
import { Migration20261128000027Disputes } from "../../../../migrations/sqlite/Migration20261128000027Disputes.ts";
import { Migration20261128000028ClearedCards } from "../../../../migrations/sqlite/Migration20261128000028ClearedCards.ts";
import { Migration20261128000029ExpiryCounts } from "../../../../migrations/sqlite/Migration20261128000029ExpiryCounts.ts";
import { Migration20261128000030ComparedOrders } from "../../../../migrations/sqlite/Migration20261128000030ComparedOrders.ts";
import { Migration20261128000031InAndOut } from "../../../../migrations/sqlite/Migration20261128000031InAndOut.ts";
import { Migration20261128000032Api } from "../../../../migrations/sqlite/Migration20261128000032Api.ts";
import { Migration20261128000033Cfdi } from "../../../../migrations/sqlite/Migration20261128000033Cfdi.ts";
import { Migration20261128000034InvoiceContent } from "../../../../migrations/sqlite/Migration20261128000034InvoiceContent.ts";
import { Migration20261128000035PlannedPauses } from "../../../../migrations/sqlite/Migration20261128000035PlannedPauses.ts";
import { Migration20261128000036Changes } from "../../../../migrations/sqlite/Migration20261128000036Changes.ts";
import { Migration20261128000037ItemKeys } from "../../../../migrations/sqlite/Migration20261128000037ItemKeys.ts";
import { Migration20261128000038PaymentForms } from "../../../../migrations/sqlite/Migration20261128000038PaymentForms.ts";
import { Migration20261128000039ArchivedPlans } from "../../../../migrations/sqlite/Migration20261128000039ArchivedPlans.ts";
import { Migration20261128000040LatePayments } from "../../../../migrations/sqlite/Migration20261128000040LatePayments.ts";
import { Migration20261128000041Archives } from "../../../../migrations/sqlite/Migration20261128000041Archives.ts";
import { Migration20261128000042RetryRequests } from "../../../../migrations/sqlite/Migration20261128000042RetryRequests.ts";
import { Migration20261128000043UnfinishedTicks } from "../../../../migrations/sqlite/Migration20261128000043UnfinishedTicks.ts";
import { Migration20261128000044SubscriptionTimes } from "../../../../migrations/sqlite/Migration20261128000044SubscriptionTimes.ts";
import { Migration20261128000045FailedCharges } from "../../../../migrations/sqlite/Migration20261128000045FailedCharges.ts";
import { Migration20261128000046CustomerProfiles } from "../../../../migrations/sqlite/Migration20261128000046CustomerProfiles.ts";
import { Migration20261129000047OneInstallation } from "../../../../migrations/sqlite/Migration20261129000047OneInstallation.ts";
import { Migration20261129000048KeptCounts } from "../../../../migrations/sqlite/Migration20261129000048KeptCounts.ts";
import { Migration20261129000049CardMonths } from "../../../../migrations/sqlite/Migration20261129000049CardMonths.ts";
import { Migration20261129000050HistoryOrder } from "../../../../migrations/sqlite/Migration20261129000050HistoryOrder.ts";
import { Migration20261129000051Consents } from "../../../../migrations/sqlite/Migration20261129000051Consents.ts";
import { Migration20261129000052WithdrawnDisputes } from "../../../../migrations/sqlite/Migration20261129000052WithdrawnDisputes.ts";
import { Migration20261129000053Comparisons } from "../../../../migrations/sqlite/Migration20261129000053Comparisons.ts";
import { Migration20261130000054NamedWords } from "../../../../migrations/sqlite/Migration20261130000054NamedWords.ts";
import { Migration20261130000055EventsOfPersons } from "../../../../migrations/sqlite/Migration20261130000055EventsOfPersons.ts";
import { MIGRATION_NAMES } from "./migration-names.ts";

type Class = new (...given: ConstructorParameters<typeof Migration>) => Migration;

const CLASSES: Readonly<Record<string, Class>> = {
  Migration20261123000001Books,
  Migration20261123000002Views,
  Migration20261123000003Webhooks,
  Migration20261123000004Refunds,
  Migration20261123000005GuardProbe,
  Migration20261123000006Dunning,
  Migration20261123000007Notifications,
  Migration20261123000008DunningViews,
  Migration20261123000009WebhookIndexes,
  Migration20261128000010Words,
  Migration20261128000011NextBilling,
  Migration20261128000012OrdersSetAside,
  Migration20261128000013Halts,
  Migration20261128000014ReadFailures,
  Migration20261128000015SubscriptionEnds,
  Migration20261128000016DeniedCharges,
  Migration20261128000017RefusedCharges,
  Migration20261128000018DunnedCustomers,
  Migration20261128000019Indexes,
  Migration20261128000020WaitingCycles,
  Migration20261128000021Nodes,
  Migration20261128000022RefundedHistory,
  Migration20261128000023DatedPrices,
  Migration20261128000024ReopenedInvoices,
  Migration20261128000025ManyNodes,
  Migration20261128000026Taxes,
  Migration20261128000027Disputes,
  Migration20261128000028ClearedCards,
  Migration20261128000029ExpiryCounts,
  Migration20261128000030ComparedOrders,
  Migration20261128000031InAndOut,
  Migration20261128000032Api,
  Migration20261128000033Cfdi,
  Migration20261128000034InvoiceContent,
  Migration20261128000035PlannedPauses,
  Migration20261128000036Changes,
  Migration20261128000037ItemKeys,
  Migration20261128000038PaymentForms,
  Migration20261128000039ArchivedPlans,
  Migration20261128000040LatePayments,
  Migration20261128000041Archives,
  Migration20261128000042RetryRequests,
  Migration20261128000043UnfinishedTicks,
  Migration20261128000044SubscriptionTimes,
  Migration20261128000045FailedCharges,
  Migration20261128000046CustomerProfiles,
  Migration20261129000047OneInstallation,
  Migration20261129000048KeptCounts,
  Migration20261129000049CardMonths,
  Migration20261129000050HistoryOrder,
  Migration20261129000051Consents,
  Migration20261129000052WithdrawnDisputes,
  Migration20261129000053Comparisons,
  Migration20261130000054NamedWords,
  Migration20261130000055EventsOfPersons,
};

export const MIGRATIONS = MIGRATION_NAMES.map((name) => {
  const made = CLASSES[name];
  if (made === undefined) throw new Error(`the migration ${name} has no part for SQLite`);
  return { name, class: made };
});
