/**
 * CFDI 4.0: the numbers of a paid invoice, of a refund or a credit, and of the global invoice, as the accountant's PAC takes them.
 *
 * Pure. It stamps nothing, and guesses nothing: what is not known is null, and named in `missing`. Concepts have six decimals
 * and sums two; all of it is computed in whole millionths of a peso, never in floats.
 *
 * The total is what was charged. A base of two decimals would miss it for one price in seven; with six it is met, save where a
 * discount, or a second rate, is rounded: then `Descuento = SubTotal + Traslados − Total`, and the first concept's discount (or,
 * where there is none, its price) takes the fraction of a cent, so that sums of concepts and sums of the document agree.
 *
 * @see SAT, Anexo 20 of CFDI 4.0 and its matrix of errors: CFDI40108, CFDI40110, CFDI40167, CFDI40215, CFDI40221
 */
import assert from "node:assert/strict";
import type { CardKind, PaymentMethod } from "./attempt.ts";
import type { InvoiceLine } from "./money.ts";
import { RFC_PUBLIC } from "./rfc.ts";
import { type PartTax, type Tax, type TaxRate, taxesOf } from "./tax.ts";
import { type Issuer, type TaxData, usesFor } from "./tax-data.ts";

// ---------------------------------------------------------------- what is told

export type Concept = {
  readonly claveProdServ: string | null;
  readonly claveUnidad: string | null;
  readonly description: string;
  readonly quantity: number;
  readonly valorUnitario: string;
  readonly importe: string;
  readonly descuento: string;
  readonly base: string | null;
  /** "0.160000", or "Exento"; null: nothing is told of its tax. */
  readonly tasaOCuota: string | null;
  readonly iva: string | null;
  readonly objetoImp: "02" | null;
  /** In the global invoice: the invoice that it stands for. */
  readonly noIdentificacion?: string;
};

/** Sums of a document, and its concepts. */
export type CfdiNumbers = {
  readonly concepts: readonly Concept[];
  readonly subTotal: string;
  readonly descuento: string;
  readonly traslados: string;
  readonly total: string;
};

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

/** How the money came; null where nothing says it: a person noted the invoice as paid, and not how. */
export type PaidBy = {
  readonly method: PaymentMethod | null;
  readonly cardKind: CardKind | null;
  /** As the person said who noted it. */
  readonly form?: PaymentForm | null;
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
    const nth = [1, ...stamped.keys()].length;
    return [...documents, globalInvoice(nth === 1 ? base : `${base}-${nth}`, left, issuer, month)];
  });
}

function globalInvoice(id: string, invoices: readonly PaidInvoice[], issuer: Issuer | null, month: string): Cfdi {
  const formaPago = formaPagoOfMost(invoices);
  const totalCents = invoices.reduce((sum, { amountCents }) => sum + amountCents, 0);
  const currency = invoices[0]?.currency ?? "MXN";
  const last = Math.max(...invoices.map(({ at }) => at.getTime()));
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

// ---------------------------------------------------------------- who receives it, and how it was paid

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
  const isGeneric = receiver !== null && /^X[AE]XX010101000$/.test(receiver.rfc);
  return isGeneric && issuer !== null ? { ...receiver, postalCode: issuer.postalCode } : receiver;
}

/** What comes back is used as a return, where the régimen has such a use. */
function returnedTo(receiver: TaxData | null): TaxData | null {
  if (receiver === null) return null;
  const use = usesFor(receiver.regime).includes("G02") && receiver.use !== "S01" ? "G02" : "S01";
  return { ...receiver, use };
}

/**
 * The forms in which a person may note money that came by other means.
 * @see SAT, catalogue c_FormaPago
 */
export const PAYMENT_FORMS = ["01", "02", "03", "04", "05", "06", "08", "28", "29"] as const;
export type PaymentForm = (typeof PAYMENT_FORMS)[number];

/** Compensación: what the merchant owes the customer is set off against what the customer owes. */
const SET_OFF = "17";

/** @see SAT, catalogue c_FormaPago */
export function formaPagoOf(paidBy: PaidBy | null): string | null {
  if (paidBy === null) return null;
  if (paidBy.method === null) return paidBy.form ?? null;
  switch (paidBy.method) {
    case "cash":
      return "01";
    case "bank_transfer":
      return "03";
    case "card":
      if (paidBy.cardKind === null) return null;
      return paidBy.cardKind === "credit" ? "04" : "28";
    default:
      return paidBy.method satisfies never;
  }
}

/**
 * Of several payments: that by which most of the money came; what the balance paid was set off.
 * @see SAT, Anexo 20, guide of CFDI 4.0, FormaPago: where it is paid in several forms, that of the largest amount
 */
function formaPagoOfMost(
  invoices: readonly Pick<PaidInvoice, "paidBy" | "amountCents" | "balanceCents">[],
): string | null {
  const parts = invoices.flatMap(({ paidBy, amountCents, balanceCents }) => {
    const setOffCents = Math.min(Math.max(balanceCents, 0), amountCents);
    return [
      { form: formaPagoOf(paidBy), cents: amountCents - setOffCents },
      { form: SET_OFF, cents: setOffCents },
    ].filter(({ cents: paidCents }) => paidCents > 0);
  });
  const sums = [...Map.groupBy(parts, ({ form }) => form)].map(([form, paid]) => ({
    form,
    cents: paid.reduce((sum, { cents: paidCents }) => sum + paidCents, 0),
  }));
  return sums.toSorted((a, b) => b.cents - a.cents || (a.form ?? "~").localeCompare(b.form ?? "~"))[0]?.form ?? null;
}

// ---------------------------------------------------------------- concepts

/** Base and tax of what a change of plan gave back of an invoice: all its lines are taxed alike. */
export function taxesOfCredit(
  lines: readonly Pick<InvoiceLine, "tax">[],
  amountCents: number,
): readonly PartTax[] | null {
  const rate = lines[0]?.tax?.rate;
  if (rate === undefined) return null;
  const [of] = taxesOf([{ cents: amountCents, tax: { rate, included: true } }]);
  return of === undefined ? [] : [{ rate, baseCents: of.baseCents, taxCents: of.taxCents }];
}

/** A concept before its numbers. */
export type ConceptDraft = {
  readonly claveProdServ: string | null;
  readonly claveUnidad: string | null;
  readonly description: string;
  readonly quantity: number;
  /** Before the discount, with a tax that is in it. */
  readonly grossCents: number;
  readonly discountCents: number;
  readonly tax: Tax | null;
  readonly of?: string;
};

/** The lines of an invoice; one that costs nothing is none. */
export function draftsOf(
  lines: readonly (InvoiceLine & { readonly discountCents: number })[],
): readonly ConceptDraft[] {
  return lines
    .map((line) => ({
      claveProdServ: line.claveProdServ ?? null,
      claveUnidad: line.claveUnidad ?? null,
      description: line.name,
      quantity: line.quantity,
      grossCents: line.unitPriceCents * line.quantity,
      discountCents: line.discountCents,
      tax: line.tax ? { rate: line.tax.rate, included: line.tax.included ?? true } : null,
    }))
    .filter(({ grossCents }) => grossCents > 0);
}

type Kind = Pick<ConceptDraft, "claveProdServ" | "claveUnidad" | "description">;

/** What a refund says it is, and an invoice inside the global one: SAT's guides name the keys. */
const RETURNED: Kind = { claveProdServ: "84111506", claveUnidad: "ACT", description: "Devolución" };
const CREDITED: Kind = { ...RETURNED, description: "Bonificación por cambio de plan" };
const SOLD: Kind = { claveProdServ: "01010101", claveUnidad: "ACT", description: "Venta" };

/** One a rate. */
function ratesOf({ taxes, amountCents }: Pick<Moved, "taxes" | "amountCents">, kind: Kind): readonly ConceptDraft[] {
  const draft = (grossCents: number, tax: Tax | null) => ({ ...kind, quantity: 1, grossCents, discountCents: 0, tax });
  if (taxes === null) return [draft(amountCents, null)];
  return taxes
    .map(({ rate, baseCents, taxCents }) => draft(baseCents + taxCents, { rate, included: true }))
    .filter(({ grossCents }) => grossCents > 0);
}

// ---------------------------------------------------------------- numbers

/** Millionths of a peso. */
type Micro = bigint;

type Counted = {
  readonly draft: ConceptDraft;
  readonly amount: Micro;
  readonly discount: Micro;
  readonly base: Micro;
  readonly tax: Micro;
};

const CENT = 10_000n;
/** 100 % in hundredths of a percent. */
const WHOLE = 10_000n;

export function cfdiNumbers(drafts: readonly ConceptDraft[], totalCents: number): CfdiNumbers {
  const counted = balanced(drafts.map(countedOf), BigInt(totalCents));
  const { subTotalCents, taxCents } = sumsOf(counted);
  return {
    concepts: counted.map(conceptOf),
    subTotal: centsText(subTotalCents),
    descuento: centsText(subTotalCents + taxCents - BigInt(totalCents)),
    traslados: centsText(taxCents),
    total: centsText(BigInt(totalCents)),
  };
}

function countedOf(draft: ConceptDraft): Counted {
  const amount = netOf(draft.grossCents, draft.tax);
  return withBase({ draft, amount, discount: netOf(draft.discountCents, draft.tax) });
}

/** Without the tax that is in it. */
function netOf(grossCents: number, tax: Tax | null): Micro {
  const gross = BigInt(grossCents) * CENT;
  return tax?.included === true ? divided(gross * WHOLE, WHOLE + hundredthsOf(tax.rate)) : gross;
}

function withBase({ draft, amount, discount }: Pick<Counted, "draft" | "amount" | "discount">): Counted {
  const base = amount - discount;
  return {
    draft,
    amount,
    discount,
    base,
    tax: draft.tax === null ? 0n : divided(base * hundredthsOf(draft.tax.rate), WHOLE),
  };
}

function sumsOf(counted: readonly Counted[]) {
  const byRate = Map.groupBy(counted, ({ draft }) => draft.tax?.rate ?? null);
  const taxCents = [...byRate.values()].reduce((sum, ofRate) => sum + cents(total(ofRate, "tax")), 0n);
  return { subTotalCents: cents(total(counted, "amount")), taxCents, discount: total(counted, "discount") };
}

/**
 * How near the sum of the concepts comes to its cents: at best it is them. Where the tax of the moved base would turn to the
 * next cent, less is moved.
 */
const REACHES: readonly Micro[] = [0n, 2_500n, 4_900n];

/** The fractions of a cent that rounding leaves over are put where the document and its concepts agree. */
function balanced(counted: readonly Counted[], totalCents: bigint): readonly Counted[] {
  const key = counted.some(({ discount }) => discount > 0n) ? "discount" : "amount";
  const found = absorbedBy(counted, key, totalCents);
  if (found !== null) return found;
  // A discount on a price that both rise leaves base and tax as they are.
  for (const at of counted.keys()) {
    const raised = withRoundDiscount(counted, at);
    const sum = absorbedBy(raised, "discount", totalCents) ?? absorbedBy(raised, "amount", totalCents);
    if (sum !== null) return sum;
  }
  assert(counted.length === 0 && totalCents === 0n, `no concepts add up to ${totalCents} cents`);
  return counted;
}

function absorbedBy(
  counted: readonly Counted[],
  key: "discount" | "amount",
  totalCents: bigint,
): readonly Counted[] | null {
  for (const reach of REACHES)
    for (const at of counted.keys()) {
      const found = absorbed(counted, { at, key, reach }, totalCents);
      if (found !== null) return found;
    }
  return null;
}

function withRoundDiscount(counted: readonly Counted[], at: number): readonly Counted[] {
  const discount = total(counted, "discount");
  const more = (cents(discount) + 1n) * CENT - discount;
  const { draft, ...before } = counted[at]!;
  return counted.with(at, withBase({ draft, amount: before.amount + more, discount: before.discount + more }));
}

/** @returns null: not by this concept */
function absorbed(
  counted: readonly Counted[],
  { at, key, reach }: { readonly at: number; readonly key: "discount" | "amount"; readonly reach: Micro },
  totalCents: bigint,
): readonly Counted[] | null {
  let current = counted;
  for (let pass = 0; pass < 4; pass += 1) {
    const { subTotalCents, taxCents, discount } = sumsOf(current);
    const is = key === "discount" ? discount : total(current, "amount");
    const wanted = key === "discount" ? subTotalCents + taxCents - totalCents : totalCents - taxCents;
    if (wanted >= 0n && cents(is) === wanted) return current;
    const goal = wanted * CENT;
    const moved = { ...current[at]! };
    moved[key] += (is < goal ? goal - reach : goal + reach) - is;
    if (moved.discount < 0n || moved.amount <= 0n || moved.discount > moved.amount) return null;
    current = current.with(at, withBase(moved));
  }
  return null;
}

function conceptOf({ draft, amount, discount, base, tax }: Counted): Concept {
  const { claveProdServ, claveUnidad, description, quantity } = draft;
  return {
    ...{ claveProdServ, claveUnidad, description, quantity },
    valorUnitario: microText(divided(amount, BigInt(quantity))),
    importe: microText(amount),
    descuento: microText(discount),
    base: draft.tax === null ? null : microText(base),
    tasaOCuota: draft.tax === null ? null : rateTextOf(draft.tax.rate),
    iva: draft.tax === null ? null : microText(tax),
    objetoImp: draft.tax === null ? null : "02",
    ...(draft.of !== undefined && { noIdentificacion: draft.of }),
  };
}

/** "0.160000", "Exento" */
function rateTextOf(rate: TaxRate): string {
  return rate === "exempt" ? "Exento" : microText(hundredthsOf(rate) * 100n);
}

function hundredthsOf(rate: TaxRate): bigint {
  return rate === "exempt" ? 0n : BigInt(Math.round(rate * 100));
}

function total(counted: readonly Counted[], key: "amount" | "discount" | "tax"): Micro {
  return counted.reduce((sum, each) => sum + each[key], 0n);
}

/** Half a unit up; of what is not negative. */
function divided(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor) / (2n * divisor);
}

function cents(micro: Micro): bigint {
  return divided(micro, CENT);
}

function microText(micro: Micro): string {
  const digits = String(micro).padStart(7, "0");
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

function centsText(amount: bigint): string {
  const digits = String(amount).padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
