/** What the accountant needs: tax data of the receivers, documents and their stamps. */
import { defineEntity, p } from "@mikro-orm/core";
import { CFDI_STATUSES } from "../../../domain/cfdi/cfdi.ts";

/** What a customer's CFDI says of the receiver. */
export const CustomerTaxEntity = defineEntity({
  name: "CustomerTax",
  tableName: "customer_tax",
  properties: {
    customerId: p.text().primary(),
    rfc: p.text().check("length(rfc) in (12, 13)"),
    name: p.text(),
    postalCode: p.text().check("length(postal_code) = 5"),
    regime: p.text().check("length(regime) = 3"),
    cfdiUse: p.text().check("length(cfdi_use) in (3, 4)"),
    updatedAt: p.datetime(3),
  },
});

/** A document for the accountant: that it was handed out, and its stamp. Its id is an invoice's, a refund's, or a name of its own. */
export const CfdiEntity = defineEntity({
  name: "Cfdi",
  tableName: "cfdi",
  properties: {
    id: p.text().primary(),
    exports: p.integer().check("exports >= 0"),
    /** The last time. */
    exportedAt: p.datetime(3).nullable(),
    uuid: p.text().nullable().check("length(uuid) = 36"),
    status: p.enum(CFDI_STATUSES).nullable(),
    /** When the stamp, or its end, was told. */
    stampedAt: p.datetime(3).nullable(),
  },
  checks: [
    { name: "cfdi_stamp", expression: "(uuid is null) = (status is null) and (uuid is null) = (stamped_at is null)" },
    { name: "cfdi_exported", expression: "(exports = 0) = (exported_at is null)" },
  ],
  indexes: [{ name: "cfdi_uuid", expression: "create unique index `cfdi_uuid` on `cfdi` (lower(uuid))" }],
});

/** An invoice or a refund is in one document. */
export const CfdiPartEntity = defineEntity({
  name: "CfdiPart",
  tableName: "cfdi_part",
  properties: {
    subjectId: p.text().primary(),
    cfdiId: () => p.manyToOne(CfdiEntity).mapToPk().joinColumn("cfdi_id"),
  },
  indexes: [{ name: "cfdi_part_of", properties: ["cfdiId"] }],
});
