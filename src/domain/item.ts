/**
 * An item: a line that waits for the next invoice of a customer, or of one subscription, and rides on it once.
 *
 * Pure. It has its own price, so the subscription's discount and its coupons leave it alone. It waits on where it does not
 * fit: another currency, or a tax of its own beside lines that tell none.
 */
import { AMOUNT_CENTS_MAX, LINE_NAME_LENGTH, type LineItem } from "./money.ts";
import { type LineTax, type Tax, taxOfLine } from "./tax.ts";
import { type Said, said } from "./refusals.ts";

export type Item = {
  readonly id: string;
  /** The merchant's own: the same key again is the same item. */
  readonly key: string;
  readonly customerId: string;
  /** Null: any subscription of the customer. */
  readonly subscriptionId: string | null;
  readonly name: string;
  readonly amountCents: number;
  /** Taken off this line alone: what a change of plan gives back. At most its amount. */
  readonly discountCents: number;
  readonly currency: string;
  /** Null: as the lines beside it. */
  readonly tax: LineTax | null;
  /** The SAT's keys of product and unit, for the CFDI; null: not told. */
  readonly claveProdServ?: string | null | undefined;
  readonly claveUnidad?: string | null | undefined;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly removedAt: Date | null;
  /** The invoice that it is a line of; null: it waits, or was removed. */
  readonly invoiceId: string | null;
  /** It was a line of this one, which became void. */
  readonly lastInvoiceId: string | null;
};

/** What the opening of an invoice needs of it. */
export type PendingItem = Pick<
  Item,
  | "id"
  | "key"
  | "subscriptionId"
  | "name"
  | "amountCents"
  | "discountCents"
  | "currency"
  | "tax"
  | "claveProdServ"
  | "claveUnidad"
>;

/** Whether a key that comes again means what it meant. */
export function isSameItem(one: Item, other: Item): boolean {
  return (
    one.customerId === other.customerId &&
    one.subscriptionId === other.subscriptionId &&
    one.name === other.name &&
    one.amountCents === other.amountCents &&
    one.currency === other.currency &&
    (one.claveProdServ ?? null) === (other.claveProdServ ?? null) &&
    (one.claveUnidad ?? null) === (other.claveUnidad ?? null) &&
    one.tax?.rate === other.tax?.rate &&
    one.tax?.included === other.tax?.included
  );
}

/**
 * One that Conekta does not take as a line would keep its whole invoice from being charged.
 * @returns a sentence; null: it takes it
 */
export function lineFaultOf({ name, amountCents }: Pick<Item, "name" | "amountCents">): Said | null {
  const { least, most } = LINE_NAME_LENGTH;
  if (name.trim().length < least || name.length > most) return said("item_name_length", { name, least, most });
  if (amountCents > AMOUNT_CENTS_MAX) return said("item_too_large", { amountCents, mostCents: AMOUNT_CENTS_MAX });
  return null;
}

/** @returns a sentence; null: both are in the form of the SAT's catalogues, or not told */
export function claveFaultOf({
  claveProdServ,
  claveUnidad,
}: {
  readonly claveProdServ: string | null;
  readonly claveUnidad: string | null;
}): Said | null {
  if (claveProdServ !== null && !CLAVE_PROD_SERV.test(claveProdServ))
    return said("not_a_product_key", { given: claveProdServ });
  if (claveUnidad !== null && !CLAVE_UNIDAD.test(claveUnidad)) return said("not_a_unit_key", { given: claveUnidad });
  return null;
}

/** @see SAT, catalogues c_ClaveProdServ and c_ClaveUnidad */
export const CLAVE_PROD_SERV = /^\d{8}$/;
export const CLAVE_UNIDAD = /^[A-Z0-9]{2,3}$/;

/** What the lines are that it would stand beside. */
type Beside = { readonly currency: string; readonly lineItems: readonly LineItem[]; readonly tax: Tax | null };

/** Whether it can be a line of this invoice. */
export function ridesOn({ currency, tax }: PendingItem, beside: Beside): boolean {
  return currency === beside.currency && (tax === null || taxBeside(beside) !== null);
}

/** The item as a line. */
export function lineOfItem(item: PendingItem, beside: Beside): LineItem {
  const { name, amountCents, tax, claveProdServ = null, claveUnidad = null } = item;
  const own = taxOfLine(tax ?? undefined, taxBeside(beside));
  return {
    ...{ name, unitPriceCents: amountCents, quantity: 1 },
    ...(own === null ? {} : { tax: own }),
    ...(claveProdServ === null ? {} : { claveProdServ }),
    ...(claveUnidad === null ? {} : { claveUnidad }),
  };
}

/** What an item that says no tax is taxed by: the plan's, or that of the first line that tells one. */
function taxBeside({ tax, lineItems }: Beside): Tax | null {
  if (tax !== null) return { rate: tax.rate, included: tax.included };
  return lineItems.map((line) => taxOfLine(line.tax, null)).find((each) => each !== null) ?? null;
}
