/**
 * CFDI 4.0: the documents of a month, as the accountant's PAC takes them: of paid invoices, of refunds and credits, and the global
 * invoices.
 *
 * Pure. It stamps nothing, and guesses nothing: what is not known is null, and named in `missing`.
 */
import type { InvoiceLine } from "../money.ts";
import { RFC_FOREIGN, RFC_PUBLIC } from "../rfc.ts";
import type { PartTax } from "../tax.ts";
import { type Issuer, type TaxData, usesFor } from "../tax-data.ts";
import { type CfdiNumbers, cfdiNumbers, type Concept } from "./cfdi-numbers.ts";
import { CREDITED, draftsOf, ratesOf, RETURNED, SOLD } from "./concept-drafts.ts";
import { formaPagoOf, formaPagoOfMost, type PaidBy, SET_OFF } from "./payment-form.ts";

export type Cfdi = {
  /** Null: the global invoice. */
  readonly invoiceId: string | null;
  /** I: money came in; E: some of it went back. */
  readonly type: "I" | "E";
  readonly issuer: Issuer | null;
  readonly receiver: TaxData | null;
} & CfdiNumbers & {
    /** In one payment: the CFDI is issued once it was paid. */
    readonly metodoPago: "PUE";
    readonly formaPago: string | null;
    readonly relation: { readonly type: "01"; readonly uuid: string | null } | null;
    readonly missing: readonly string[];
    /** `invoices cfdi` takes the stamp back under this id: the invoice's, the refund's, or the global invoice's. */
    readonly documentId: string;
    readonly refundId: string | null;
    readonly currency: string;
    /** When money moved; the last of them in the global invoice. */
    readonly movedAt: string;
    /** Opened in an earlier month than the one in which it was paid; of the global invoice null. */
    readonly openedEarlier: boolean | null;
    readonly global: {
      /** 04: every month. */
      readonly periodicity: "04";
      readonly months: string;
      readonly year: string;
      readonly invoiceIds: readonly string[];
    } | null;
    /** When it was last exported before this; null: never. */
    readonly exportedAt: string | null;
    readonly uuid: string | null;
    readonly status: CfdiStatus | null;
  };

export const CFDI_STATUSES = ["stamped", "canceled"] as const;
export type CfdiStatus = (typeof CFDI_STATUSES)[number];

/** What the books know of a document. */
export type CfdiRecord = {
  readonly id: string;
  readonly exportedAt: Date | null;
  readonly uuid: string | null;
  readonly status: CfdiStatus | null;
};

type Moved = {
  readonly invoiceId: string;
  readonly currency: string;
  readonly amountCents: number;
  /** By rate; null: nothing is told of its tax. */
  readonly taxes: readonly PartTax[] | null;
  readonly paidBy: PaidBy | null;
  /** Of the customer, as it is now; null: none, or not whole. */
  readonly receiver: TaxData | null;
  /** When money moved. */
  readonly at: Date;
  /** Of its own, or of the global invoice that it is part of; null: it never was in any. */
  readonly record: CfdiRecord | null;
};

export type PaidInvoice = Moved & {
  /** What of it the customer's balance paid; below 0: a debt of before joined it. */
  readonly balanceCents: number;
  readonly lines: readonly (InvoiceLine & { readonly discountCents: number })[];
  /** Opened in the month in which it was paid. */
  readonly isOpenedThisMonth: boolean;
};

export type GivenBack = Moved & {
  /** The refund's id, or that of the change of plan that gave it to the balance. */
  readonly documentId: string;
  /** `refund`: by Conekta. `credit`: to the customer's balance, for the rest of a period that was paid. */
  readonly kind: "refund" | "credit";
  /** Of the invoice: its own document, or the global one. */
  readonly original: CfdiRecord | null;
};

export type CfdiMonth = {
  /** "2026-12" */
  readonly month: string;
  readonly issuer: Issuer | null;
  readonly invoices: readonly PaidInvoice[];
  readonly refunds: readonly GivenBack[];
};

/** All documents of a month: one an invoice, one a refund or credit, and the global ones. */
export function cfdisOf({ month, issuer, invoices, refunds }: CfdiMonth): readonly Cfdi[] {
  const own = invoices.filter((invoice) => !isInGlobal(invoice));
  const rest = invoices.filter(isInGlobal);
  return [
    ...own.map((invoice) => ofInvoice(invoice, issuer)),
    ...refunds.map((refund) => ofRefund(refund, issuer)),
    ...globalInvoices(rest, issuer, month),
  ];
}

/** What is stamped stays what it is, whatever became of the customer's tax data. */
function isInGlobal({ record, receiver, invoiceId }: Pick<Moved, "record" | "receiver" | "invoiceId">): boolean {
  if (record?.status === "stamped") return record.id !== invoiceId;
  return receiver === null;
}

function ofInvoice(invoice: PaidInvoice, issuer: Issuer | null): Cfdi {
  const formaPago = formaPagoOfMost([invoice]);
  const numbers = cfdiNumbers(draftsOf(invoice.lines), invoice.amountCents);
  return {
    ...{ invoiceId: invoice.invoiceId, type: "I", issuer, receiver: atHome(invoice.receiver, issuer) },
    ...numbers,
    ...{ metodoPago: "PUE", formaPago, relation: null },
    missing: [...missingOf(issuer, numbers.concepts, formaPago), ...(invoice.receiver === null ? ["receiver"] : [])],
    documentId: invoice.invoiceId,
    ...{ refundId: null, currency: invoice.currency, movedAt: invoice.at.toISOString() },
    ...{ openedEarlier: !invoice.isOpenedThisMonth, global: null },
    ...recordOf(invoice.record?.id === invoice.invoiceId ? invoice.record : null),
  };
}

function ofRefund(refund: GivenBack, issuer: Issuer | null): Cfdi {
  const { original, receiver, invoiceId, documentId, kind } = refund;
  const formaPago = kind === "credit" ? SET_OFF : formaPagoOf(refund.paidBy);
  const uuid = original?.status === "stamped" ? original.uuid : null;
  const to = isInGlobal({ record: original, receiver, invoiceId }) ? publicAt(issuer) : returnedTo(receiver);
  const numbers = cfdiNumbers(ratesOf(refund, kind === "credit" ? CREDITED : RETURNED), refund.amountCents);
  return {
    ...{ invoiceId, type: "E", issuer, receiver: atHome(to, issuer) },
    ...numbers,
    ...{ metodoPago: "PUE", formaPago, relation: { type: "01", uuid } },
    missing: [...missingOf(issuer, numbers.concepts, formaPago), ...(uuid === null ? ["relation.uuid"] : [])],
    documentId,
    ...{ refundId: kind === "refund" ? documentId : null, currency: refund.currency, movedAt: refund.at.toISOString() },
    ...{ openedEarlier: null, global: null },
    ...recordOf(refund.record),
  };
}

/** One a currency, and one more for what came after one was stamped. */
function globalInvoices(invoices: readonly PaidInvoice[], issuer: Issuer | null, month: string): readonly Cfdi[] {
  const byCurrency = Map.groupBy(invoices, ({ currency }) => currency);
  return [...byCurrency].flatMap(([currency, all]) => {
    const stamped = Map.groupBy(
      all.filter(({ record }) => record?.status === "stamped"),
      ({ record }) => record?.id ?? "",
    );
    const documents = [...stamped].map(([id, part]) => globalInvoice(id, part, issuer, month));
    const left = all.filter(({ record }) => record?.status !== "stamped");
    if (left.length === 0) return documents;
    const base = `global-${month}-${currency}`;
    const nth = stamped.size + 1;
    return [...documents, globalInvoice(nth === 1 ? base : `${base}-${nth}`, left, issuer, month)];
  });
}

function globalInvoice(id: string, invoices: readonly PaidInvoice[], issuer: Issuer | null, month: string): Cfdi {
  const formaPago = formaPagoOfMost(invoices);
  const totalCents = invoices.reduce((sum, { amountCents }) => sum + amountCents, 0);
  const currency = invoices[0]?.currency ?? "MXN";
  // Not as arguments of one call: a month of more than a hundred thousand sales has too many.
  const last = invoices.reduce((latest, { at }) => Math.max(latest, at.getTime()), 0);
  const drafts = invoices.flatMap((invoice) =>
    ratesOf(invoice, SOLD).map((each) => ({ ...each, of: invoice.invoiceId })),
  );
  const numbers = cfdiNumbers(drafts, totalCents);
  const [year = "", months = ""] = month.split("-");
  const record = invoices.map((each) => each.record).find((each) => each?.id === id) ?? null;
  return {
    ...{ invoiceId: null, type: "I", issuer, receiver: publicAt(issuer) },
    ...numbers,
    ...{ metodoPago: "PUE", formaPago, relation: null },
    missing: missingOf(issuer, numbers.concepts, formaPago),
    documentId: id,
    ...{ refundId: null, currency, movedAt: new Date(last).toISOString(), openedEarlier: null },
    global: { periodicity: "04", months, year, invoiceIds: invoices.map(({ invoiceId }) => invoiceId) },
    ...recordOf(record),
  };
}

function recordOf(record: CfdiRecord | null): Pick<Cfdi, "exportedAt" | "uuid" | "status"> {
  const { exportedAt = null, uuid = null, status = null } = record ?? {};
  return { exportedAt: exportedAt?.toISOString() ?? null, uuid, status };
}

function missingOf(issuer: Issuer | null, concepts: readonly Concept[], formaPago: string | null): string[] {
  const ofConcepts = concepts.flatMap(({ claveProdServ, claveUnidad, tasaOCuota }, at) => [
    ...(claveProdServ === null ? [`concepts[${at}].claveProdServ`] : []),
    ...(claveUnidad === null ? [`concepts[${at}].claveUnidad`] : []),
    ...(tasaOCuota === null ? [`concepts[${at}].tasaOCuota`] : []),
  ]);
  return [...(issuer === null ? ["issuer"] : []), ...ofConcepts, ...(formaPago === null ? ["formaPago"] : [])];
}

// ---------------------------------------------------------------- who receives it

function publicAt(issuer: Issuer | null): TaxData {
  return {
    rfc: RFC_PUBLIC,
    name: "PUBLICO EN GENERAL",
    postalCode: issuer?.postalCode ?? "",
    regime: "616",
    use: "S01",
  };
}

/** Who lives abroad has the postal code of the issuer. */
function atHome(receiver: TaxData | null, issuer: Issuer | null): TaxData | null {
  const isGeneric = receiver !== null && (receiver.rfc === RFC_PUBLIC || receiver.rfc === RFC_FOREIGN);
  return isGeneric && issuer !== null ? { ...receiver, postalCode: issuer.postalCode } : receiver;
}

/** What comes back is used as a return, where the régimen has such a use. */
function returnedTo(receiver: TaxData | null): TaxData | null {
  if (receiver === null) return null;
  const use = usesFor(receiver.regime).includes("G02") && receiver.use !== "S01" ? "G02" : "S01";
  return { ...receiver, use };
}
