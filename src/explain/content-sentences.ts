/** What an invoice says beside its amount: its lines where they are more than one, what lowers them, and base and IVA by rate. */
import { formatMoney, OWN_DISCOUNT_CODE } from "../domain/money.ts";
import type { ShownContent, ShownLine } from "../domain/shown-content.ts";
import { rateText, type PartTax } from "../domain/tax.ts";
import type { Text } from "../domain/language.ts";
import { join, NOTHING } from "./text.ts";

/** "It is: 2 × Plan Oro $400.30 MXN, Llave $49.00 MXN; less MITAD $200.15 MXN. Of it: IVA 16 % $34.37 MXN on $214.78 MXN." */
export function contentSentence(content: ShownContent): Text {
  return join(linesAndDiscounts(content), taxSentence(content));
}

function linesAndDiscounts({ lineItems, discounts, currency }: ShownContent): Text {
  const lines = lineItems.map((line) => lineText(line, currency)).join(", ");
  const isPlain = lineItems.length === 1 && lineItems[0]?.quantity === 1;
  if (discounts.length === 0)
    return isPlain || lines === "" ? NOTHING : { es: `Son: ${lines}.`, en: `It is: ${lines}.` };
  const less = (own: string): string =>
    discounts
      .map(
        ({ code, amountCents }) => `${code === OWN_DISCOUNT_CODE ? own : code} ${formatMoney(amountCents, currency)}`,
      )
      .join(", ");
  return { es: `Son: ${lines}; menos ${less("descuento")}.`, en: `It is: ${lines}; less ${less("discount")}.` };
}

function lineText({ name, quantity, unitPriceCents }: ShownLine, currency: string): string {
  const money = formatMoney(unitPriceCents * quantity, currency);
  return `${quantity === 1 ? "" : `${quantity} × `}${name} ${money}`;
}

/** Of all that was sold: the balance pays with its IVA. */
function taxSentence({ taxes, currency }: ShownContent): Text {
  if (taxes.length === 0) return NOTHING;
  const inLanguage = (exempt: string, on: string): string =>
    taxes
      .map(({ rate, baseCents, taxCents }: PartTax) =>
        rate === "exempt"
          ? `${exempt} ${formatMoney(baseCents, currency)}`
          : `IVA ${rateText(rate)} ${formatMoney(taxCents, currency)} ${on} ${formatMoney(baseCents, currency)}`,
      )
      .join("; ");
  return { es: `De ello: ${inLanguage("exento", "sobre")}.`, en: `Of it: ${inLanguage("exempt", "on")}.` };
}
