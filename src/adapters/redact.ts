/**
 * Redaction: what must not be logged is taken out of anything that is about to be logged.
 *
 * Pure. Two nets: by the key a value stands under (name, email, phone, cvc, …), and by what a text looks like, wherever
 * it stands (Conekta keys and tokens, card numbers, e-mails, PEMs, Authorization). In doubt it takes out too much. Our
 * own and Conekta's ids stay readable, because a log in which nothing can be found is of no use either.
 */
import { types } from "node:util";

const REDACTED = "[redacted]";
const CARD = "[card]";
const DEPTH_MAX = 8;
const ITEMS_MAX = 100;
const TEXT_LENGTH_MAX = 4000;

/** Compared in lower case without separators, whole: `customer_name` and `customerName` are "customername". */
const PERSONAL_KEY =
  /^(?:name|firstname|lastname|fullname|holder|cardholder|mail|correo|tel|telefono|telephone|mobile|celular|address|street|street1|street2|rfc|curp|key|cookie|setcookie|cvv|cvv2|securitycode|cardnumber|pan|passphrase)$/;
/** Whatever stands before them: `customerEmail`, `webhook_secret`, `x-api-key`. */
const PERSONAL_KEY_END =
  /(email|phone|phonenumber|customername|holdername|apikey|privatekey|token|tokenid|secret|password|authorization|cvc)$/;

export function redact(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactEntries(Object.entries(fields), []);
}

export function redactText(text: string): string {
  if (HARMLESS.test(text)) return text;
  // Cut afterwards: half a card number is not recognized. What is far beyond is not worth the time.
  const shown = redactWhole(text.slice(0, 4 * TEXT_LENGTH_MAX));
  return shown.length > TEXT_LENGTH_MAX ? `${shown.slice(0, TEXT_LENGTH_MAX)}…` : shown;
}

/** @param above the objects that contain this value, outermost first: one that contains itself is not followed */
function redactValue(value: unknown, above: readonly object[]): unknown {
  switch (typeof value) {
    case "string":
      return redactText(value);
    case "number":
      if (!Number.isFinite(value)) return String(value);
      return Number.isInteger(value) && holdsCardNumber(String(value)) ? CARD : value;
    case "bigint":
      return holdsCardNumber(String(value)) ? CARD : String(value);
    case "boolean":
    case "undefined":
      return value;
    case "function":
    case "symbol":
      return `[${typeof value}]`;
    case "object":
    default:
      return value === null ? null : redactObject(value as object, above);
  }
}

function redactObject(value: object, above: readonly object[]): unknown {
  if (above.includes(value)) return "[circular]";
  if (above.length >= DEPTH_MAX) return "[too deep]";
  const inside = [...above, value];

  if (isError(value)) return redactError(value, inside);
  if (Array.isArray(value)) return redactItems(value, inside);
  if (value instanceof Set) return redactItems([...value], inside);
  if (value instanceof Map)
    return redactEntries(
      [...value].map(([key, each]) => [String(key), each]),
      inside,
    );
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;

  try {
    if ("toJSON" in value && typeof value.toJSON === "function") return redactValue(value.toJSON(), inside);
    const prototype: unknown = Object.getPrototypeOf(value);
    const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
    // A Request, a socket, a connection: who knows what they carry.
    return isPlain ? redactEntries(Object.entries(value), inside) : `[${value.constructor.name}]`;
  } catch {
    return "[unreadable]";
  }
}

/** In jest and workers errors come from other realms, where `instanceof` alone fails. */
function isError(value: object): value is Error {
  return types.isNativeError(value) || value instanceof Error;
}

/** Its own fields too: an error of ours carries its datum there. */
function redactError(error: Error, inside: readonly object[]): Record<string, unknown> {
  const { cause } = error;
  const data = Object.entries(error).filter(([key]) => key !== "name" && key !== "cause" && key !== "message");
  return {
    name: redactText(error.name),
    message: redactText(error.message),
    ...redactEntries(data, inside),
    ...(cause === undefined ? {} : { cause: redactValue(cause, inside) }),
    ...("errors" in error ? { errors: redactValue(error.errors, inside) } : {}),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
  };
}

function redactItems(items: readonly unknown[], inside: readonly object[]): unknown[] {
  const shown = items.slice(0, ITEMS_MAX).map((each) => redactValue(each, inside));
  return items.length > ITEMS_MAX ? [...shown, `… ${items.length - ITEMS_MAX} more`] : shown;
}

function redactEntries(entries: readonly (readonly [string, unknown])[], inside: readonly object[]) {
  const shown: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    const says = value !== null && value !== undefined && value !== "" && typeof value !== "boolean";
    shown[redactText(key)] = says && isPersonal(key) ? REDACTED : redactValue(value, inside);
  }
  return shown;
}

function isPersonal(key: string): boolean {
  const plain = key.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  return PERSONAL_KEY.test(plain) || PERSONAL_KEY_END.test(plain);
}

// ---------------------------------------------------------------- by what a text looks like

/** Never a card or a phone number, however many digits they have: our ids, Conekta's, UUIDs, dates, instants. */
const READABLE =
  /(\b(?:inv|att|evt|ins|own|ord|cus|src|pay_link|line_item|dis_lin)_[A-Za-z0-9]+\b|\b[0-9a-f]{24}\b|\b[0-9A-HJKMNP-TV-Z]{26}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?)/;

/** Most of what is logged, and without the cost of a full search: ids and plain words. */
const HARMLESS =
  /^(?:(?:inv|att|evt|ord|cus|src)_[A-Za-z0-9]{17,26}|[0-9a-f]{24}|(?!.*(?:key|tok|pk|whsec)_)[A-Za-z_.]{1,60})$/;

const PATTERNS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$)/g, "[pem]"],
  [/\b(Basic|Bearer|Digest)\s+[A-Za-z0-9+/=._~-]{4,}/gi, `$1 ${REDACTED}`],
  // "key_" in base64: the user of a Basic header, without its "Basic".
  [/a2V5X[A-Za-z0-9+/_-]{3,}=*/g, REDACTED],
  [/(?<![A-Za-z0-9])(key|tok|pk)_[A-Za-z0-9_-]+/g, `$1_${REDACTED}`],
  [/whsec_[A-Za-z0-9+/=_-]+/g, `whsec_${REDACTED}`],
  // The words of an example are nobody's.
  [/:\/\/(?!user:password@)[^/\s@"']+@/g, `://${REDACTED}@`],
  [/([?&;](?:token|api_?key|key|secret|password|signature)=)[^&\s"']+/gi, `$1${REDACTED}`],
  [/\b((?:cvc|cvv2?|security code)["']?\s*[:= ]\s*["']?)\d{3,4}\b/gi, `$1${REDACTED}`],
  [/[^\s@<>()[\]{}"'`,;:=/\\?&]{1,64}(?:@|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu, "[email]"],
];

/** `"name": "Jorge"` inside a text, as of an answer's body: whole, cut off, or escaped into another text. */
const JSON_ENTRY =
  /(\\*["'])([A-Za-z0-9_-]{1,64})\1(\s*:\s*)(?:"(?:[^"\\]|\\.)*(?:"|\\?$)|(\\+["'])[\s\S]*?(?:(?<!\\)\4|$)|'[^']*(?:'|$)|[\d.]+)/g;

function redactWhole(text: string): string {
  let shown = text.replaceAll(JSON_ENTRY, (entry, quote: string, key: string, colon: string) =>
    isPersonal(key) ? `${quote}${key}${quote}${colon}${quote}${REDACTED}${quote}` : entry,
  );
  for (const [pattern, replacement] of PATTERNS) shown = shown.replaceAll(pattern, replacement);
  return shown
    .split(READABLE)
    .map((part, index) => (index % 2 === 1 ? part : redactNumbers(part)))
    .join("");
}

/** Not the decimals of a number: a duration may have fifteen of them. */
const DIGIT_RUN = /(?<!\d)(?<!\d\.)\d(?:[ \-\u00A0\u2013]?\d){12,}/g;
const PHONE = /\+\d[\d ().-]{6,16}\d|(?<![\d.])\(?[2-9]\d(?:[ .)-]{0,2}\d){8}(?![\d.])/g;

function redactNumbers(text: string): string {
  return text.replaceAll(DIGIT_RUN, (run) => (holdsCardNumber(run) ? CARD : run)).replaceAll(PHONE, "[phone]");
}

/** Whether any 13 to 19 digits in a row pass Luhn's check. Only milliseconds since 1970 are spared. */
function holdsCardNumber(text: string): boolean {
  const digits = text.replaceAll(/\D/g, "");
  if (/^1\d{12}$/.test(digits)) return false;
  // Among so many a card may be hidden anywhere, and looking takes its time.
  if (digits.length > 100) return true;
  for (let length = 13; length <= 19; length++) {
    for (let start = 0; start + length <= digits.length; start++) {
      if (passesLuhn(digits.slice(start, start + length))) return true;
    }
  }
  return false;
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
