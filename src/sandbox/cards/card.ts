/**
 * A card, as much of it as may be kept: never its number, never its security code.
 */
export type Brand = "visa" | "mastercard" | "amex";

export type Card = {
  /** The number's first six digits. */
  readonly bin: string;
  readonly last4: string;
  readonly brand: Brand;
  readonly kind: "credit" | "debit";
  readonly issuer: string;
  readonly holderName: string;
  /** Two digits. */
  readonly expMonth: string;
  /** Two or four digits, as it was given: Conekta answers both. */
  readonly expYear: string;
};

/** A card number has 13 to 19 digits; the check digit is not checked: the documentation's own sample fails it. */
export function isCardNumber(text: string): boolean {
  return /^\d{13,19}$/.test(text);
}

export function cardFromNumber(number: string, holderName: string, expMonth: string, expYear: string): Card {
  const brand = brandOf(number);
  return {
    bin: number.slice(0, 6),
    last4: number.slice(-4),
    brand,
    kind: brand === "mastercard" ? "debit" : "credit",
    issuer: brand === "amex" ? "american_express" : "banorte",
    holderName,
    expMonth,
    expYear,
  };
}

/** A card is good until the last day of its month. */
export function isExpired(card: Card, at: Date): boolean {
  const year = card.expYear.length === 2 ? 2000 + Number(card.expYear) : Number(card.expYear);
  return Date.UTC(year, Number(card.expMonth), 1) <= at.getTime();
}

function brandOf(number: string): Brand {
  if (/^3[47]/.test(number)) return "amex";
  if (/^(5[1-5]|2[2-7])/.test(number) && number.length === 16) return "mastercard";
  return "visa";
}
