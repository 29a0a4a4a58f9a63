/** PostgreSQL's migrations: of the same names as SQLite's, in the same order. */
import { Migration } from "@mikro-orm/migrations";
import { Migration20261123000001Books } from "../../../../../migrations/postgres/Migration20261123000001Books.ts";
import { Migration20261123000002Views } from "../../../../../migrations/postgres/Migration20261123000002Views.ts";
import { Migration20261128000015SubscriptionEnds } from "../../../../../migrations/postgres/Migration20261128000015SubscriptionEnds.ts";
import { Migration20261128000016DeniedCharges } from "../../../../../migrations/postgres/Migration20261128000016DeniedCharges.ts";
import { Migration20261128000017RefusedCharges } from "../../../../../migrations/postgres/Migration20261128000017RefusedCharges.ts";
import { Migration20261128000018DunnedCustomers } from "../../../../../migrations/postgres/Migration20261128000018DunnedCustomers.ts";
import { Migration20261128000019Indexes } from "../../../../../migrations/postgres/Migration20261128000019Indexes.ts";
import { Migration20261128000020WaitingCycles } from "../../../../../migrations/postgres/Migration20261128000020WaitingCycles.ts";
import { Migration20261128000021Nodes } from "../../../../../migrations/postgres/Migration20261128000021Nodes.ts";
import { Migration20261128000022RefundedHistory } from "../../../../../migrations/postgres/Migration20261128000022RefundedHistory.ts";
import { Migration20261128000023DatedPrices } from "../../../../../migrations/postgres/Migration20261128000023DatedPrices.ts";
import { Migration20261128000024ReopenedInvoices } from "../../../../../migrations/postgres/Migration20261128000024ReopenedInvoices.ts";
import { Migration20261128000025ManyNodes } from "../../../../../migrations/postgres/Migration20261128000025ManyNodes.ts";
import { Migration20261128000026Taxes } from "../../../../../migrations/postgres/Migration20261128000026Taxes.ts";
import { Migration20261128000027Disputes } from "../../../../../migrations/postgres/Migration20261128000027Disputes.ts";
import { Migration20261128000028ClearedCards } from "../../../../../migrations/postgres/Migration20261128000028ClearedCards.ts";
import { Migration20261128000029ExpiryCounts } from "../../../../../migrations/postgres/Migration20261128000029ExpiryCounts.ts";
import { Migration20261128000030ComparedOrders } from "../../../../../migrations/postgres/Migration20261128000030ComparedOrders.ts";
import { Migration20261128000031InAndOut } from "../../../../../migrations/postgres/Migration20261128000031InAndOut.ts";
import { Migration20261128000032Api } from "../../../../../migrations/postgres/Migration20261128000032Api.ts";
import { Migration20261128000033Cfdi } from "../../../../../migrations/postgres/Migration20261128000033Cfdi.ts";
import { Migration20261128000035PlannedPauses } from "../../../../../migrations/postgres/Migration20261128000035PlannedPauses.ts";
import { Migration20261128000036Changes } from "../../../../../migrations/postgres/Migration20261128000036Changes.ts";
import { Migration20261128000037ItemKeys } from "../../../../../migrations/postgres/Migration20261128000037ItemKeys.ts";
import { Migration20261128000038PaymentForms } from "../../../../../migrations/postgres/Migration20261128000038PaymentForms.ts";
import { Migration20261128000039ArchivedPlans } from "../../../../../migrations/postgres/Migration20261128000039ArchivedPlans.ts";
import { Migration20261128000040LatePayments } from "../../../../../migrations/postgres/Migration20261128000040LatePayments.ts";
import { Migration20261128000041Archives } from "../../../../../migrations/postgres/Migration20261128000041Archives.ts";
import { Migration20261128000042RetryRequests } from "../../../../../migrations/postgres/Migration20261128000042RetryRequests.ts";
import { Migration20261128000043UnfinishedTicks } from "../../../../../migrations/postgres/Migration20261128000043UnfinishedTicks.ts";
import { Migration20261128000044SubscriptionTimes } from "../../../../../migrations/postgres/Migration20261128000044SubscriptionTimes.ts";
import { Migration20261128000045FailedCharges } from "../../../../../migrations/postgres/Migration20261128000045FailedCharges.ts";
import { Migration20261128000046CustomerProfiles } from "../../../../../migrations/postgres/Migration20261128000046CustomerProfiles.ts";
import { Migration20261129000047OneInstallation } from "../../../../../migrations/postgres/Migration20261129000047OneInstallation.ts";
import { Migration20261129000048KeptCounts } from "../../../../../migrations/postgres/Migration20261129000048KeptCounts.ts";
import { Migration20261129000049CardMonths } from "../../../../../migrations/postgres/Migration20261129000049CardMonths.ts";
import { Migration20261129000050HistoryOrder } from "../../../../../migrations/postgres/Migration20261129000050HistoryOrder.ts";
import { Migration20261129000051Consents } from "../../../../../migrations/postgres/Migration20261129000051Consents.ts";
import { Migration20261129000052WithdrawnDisputes } from "../../../../../migrations/postgres/Migration20261129000052WithdrawnDisputes.ts";
import { Migration20261129000053Comparisons } from "../../../../../migrations/postgres/Migration20261129000053Comparisons.ts";
import { Migration20261130000054NamedWords } from "../../../../../migrations/postgres/Migration20261130000054NamedWords.ts";
import { Migration20261130000055EventsOfPersons } from "../../../../../migrations/postgres/Migration20261130000055EventsOfPersons.ts";
import { MIGRATION_NAMES } from "../migration-names.ts";
import { Migration20261128000034InvoiceContent } from "../../../../../migrations/postgres/Migration20261128000034InvoiceContent.ts";

/** PostgreSQL came after the fourteenth: its first two make what these fourteen leave. */
class InTheFirstTwo extends Migration {
  override up(): void {}
}
const MADE_BY_THE_FIRST_TWO = 14;

const CLASSES: Readonly<Record<string, new (...given: ConstructorParameters<typeof Migration>) => Migration>> = {
  Migration20261123000001Books,
  Migration20261123000002Views,
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

export const POSTGRES_MIGRATIONS = MIGRATION_NAMES.map((name, index) => {
  const own = CLASSES[name] ?? (index < MADE_BY_THE_FIRST_TWO ? InTheFirstTwo : null);
  if (own === null) throw new Error(`the migration ${name} has no part for PostgreSQL`);
  return { name, class: own };
});
