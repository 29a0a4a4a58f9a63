/**
 * RFC: the number under which Mexico's tax authority (SAT) knows a person or a company.
 *
 * Pure. Checks its form, its date and its check digit; whether somebody holds it, only the SAT knows.
 *
 * @see SAT, "Algoritmo para generar el RFC con homoclave", annex III, as public implementations have it (read 2026-11-28)
 */

/** Of sales without an invoice of their own: the public in general. */
export const RFC_PUBLIC = "XAXX010101000";
/** Of residents abroad without an RFC. */
export const RFC_FOREIGN = "XEXX010101000";

export type Holder = "person" | "company";

export type RfcFault = "form" | "date" | "check_digit";

/** @returns in capitals, without the spaces and hyphens that people write */
export function normalizedRfc(text: string): string {
  return text.replaceAll(/[\s-]/g, "").toUpperCase();
}

/** @returns null: nothing is wrong with it; of the two generic ones, too */
export function rfcFaultOf(rfc: string): RfcFault | null {
  if (rfc === RFC_PUBLIC || rfc === RFC_FOREIGN) return null;
  const [, year = "", month = "", day = ""] = FORM.exec(rfc) ?? [];
  if (year === "") return "form";
  // The century is not told. In both the same years have a 29th of February, save for 00, where 2000 had one.
  if (!isDate(2000 + Number(year), Number(month), Number(day))) return "date";
  return rfc.endsWith(checkDigitOf(rfc)) ? null : "check_digit";
}

const FORM = /^[A-ZÑ&]{3,4}(\d{2})(\d{2})(\d{2})[A-Z0-9]{2}[0-9A]$/;

/** Four letters are a person's, three a company's. */
export function holderOf(rfc: string): Holder {
  return rfc.length === 13 ? "person" : "company";
}

/** Their place is their value. A company's RFC counts as if a space stood before it. */
const VALUES = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ";

function checkDigitOf(rfc: string): string {
  const counted = Array.from(rfc.slice(0, -1).padStart(12, " "));
  const sum = counted.reduce((total, letter, index) => total + VALUES.indexOf(letter) * (13 - index), 0);
  const rest = sum % 11;
  if (rest === 0) return "0";
  return rest === 1 ? "A" : String(11 - rest);
}

function isDate(year: number, month: number, day: number): boolean {
  const at = new Date(Date.UTC(year, month - 1, day));
  return at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
}
