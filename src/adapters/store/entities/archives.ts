/** Where closed invoices went that were moved to files of their own. */
import { defineEntity, p } from "@mikro-orm/core";

/** Closed invoices were moved to a file of their own, or are being moved. */
export const ArchiveEntity = defineEntity({
  name: "Archive",
  tableName: "archive",
  properties: {
    id: p.text().primary(),
    file: p.text(),
    before: p.datetime(3),
    startedAt: p.datetime(3),
    /** Null: the same command goes on with it. */
    finishedAt: p.datetime(3).nullable(),
    invoices: p.integer(),
    attempts: p.integer(),
    events: p.integer(),
  },
});

/** What stays of an invoice that was moved there: its cycle is not opened again, and who asks for it learns where it is. */
export const ArchivedInvoiceEntity = defineEntity({
  name: "ArchivedInvoice",
  tableName: "archived_invoice",
  properties: {
    invoiceId: p.text().primary(),
    archiveId: () => p.manyToOne(ArchiveEntity).mapToPk().joinColumn("archive_id"),
    subscriptionId: p.text(),
    cycle: p.integer(),
    status: p.enum(["paid", "void"]),
  },
  uniques: [{ name: "archived_invoice_cycle", properties: ["subscriptionId", "cycle"] }],
});
