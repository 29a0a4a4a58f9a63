/**
 * The variables of the environment: what each may be, and its default.
 *
 * Pure: text in, a value or a complaint out. config/example.env lists the same names for people; a test compares.
 */
import type { KeyObject } from "node:crypto";
import { CHARGE_FLOWS } from "../domain/ways-to-pay.ts";
import { isTimeZone } from "../domain/calendar/calendar.ts";
import { NoPublicKey, publicKeysIn } from "../adapters/conekta/signature.ts";
import { nearest } from "../adapters/files/did-you-mean.ts";
import { Complaint } from "./complaint.ts";
import { cronFault } from "./cron-expression.ts";
import { readDatabaseUrl } from "./database-url.ts";
import { Secret } from "./secret.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../domain/duration.ts";

export type Variable<Value> = {
  /** The text taken when the variable is missing; null: the value is then null. */
  readonly default: string | null;
  /** May be given as NAME_FILE, and is never repeated in a message. */
  readonly secret?: true;
  /** May be given as NAME_FILE, and so is a text without this: the path of a file. */
  readonly isPathUnless?: RegExp;
  /** An empty text means something of its own, not "take the default". */
  readonly emptyIsAValue?: true;
  readonly read: (text: string) => Value | Complaint;
};

export const VARIABLES = {
  CONEKTA_API_KEY: { default: null, secret: true, read: readApiKey },
  CONEKTA_BASE_URL: { default: "https://api.conekta.io", read: readBaseUrl },
  CONEKTA_CHARGE_FLOW: oneOf(CHARGE_FLOWS, "single"),
  CONEKTA_TIMEOUT_MS: whole({ unit: "milliseconds", from: 100, to: 300_000, default: "30000" }),
  CONEKTA_WEBHOOK_PUBLIC_KEY: { default: null, isPathUnless: /-----BEGIN/, read: readPublicKeys },
  CONEKTA_PCI_DSS_LEVEL_1: oneOf(["true", "false"], "false"),
  CHARGE_CONCURRENCY: whole({ unit: "charges at once", from: 1, to: 1000, default: "16" }),
  CHARGE_RATE_PER_SECOND: whole({ unit: "charges a second, 0 for no limit", from: 0, to: 10_000, default: "0" }),
  DATABASE_URL: { default: "sqlite:data/puntual.db", secret: true, read: readDatabaseUrl },
  DATABASE_POOL: whole({ unit: "connections at once, on PostgreSQL", from: 3, to: 200, default: "10" }),
  BILLING_CRON: { default: "* * * * *", read: readCron },
  BILLING_TIME_ZONE: { default: "America/Mexico_City", read: readTimeZone },
  RECONCILE_SCHEDULE: { default: "15s,1m,5m,30m,2h,12h,24h", read: readOffsets },
  LEASE_MS: whole({ unit: "milliseconds", from: 200, to: DAY_MS, default: "120000" }),
  RECHARGE_QUIET_MS: whole({ unit: "milliseconds", from: 1000, to: DAY_MS, default: "900000" }),
  BACKOFF_MS: whole({ unit: "milliseconds", from: 100, to: 3_600_000, default: "60000" }),
  PENDING_MAX_HOURS: whole({ unit: "hours", from: 1, to: 720, default: "72" }),
  MIN_CHARGE_CENTS: whole({ unit: "cents", from: 1, to: 1_000_000, default: "300" }),
  MAX_CHARGES_PER_CUSTOMER_PER_DAY: whole({ unit: "charges", from: 1, to: 1000, default: "3" }),
  MAX_CHARGES_PER_RUN: whole({ unit: "charges, empty for no limit", from: 1, to: 1_000_000_000, default: null }),
  MAX_AMOUNT_CENTS_PER_RUN: whole({
    unit: "cents, empty for no limit",
    from: 1,
    to: Number.MAX_SAFE_INTEGER,
    default: null,
  }),
  HEARTBEAT_URL: { default: null, secret: true, read: readHeartbeatUrl },
  HTTP_HOST: { default: "127.0.0.1", read: readHost },
  HTTP_PORT: { default: "8080", emptyIsAValue: true, read: readPort },
  ADMIN_TOKEN: { default: null, secret: true, read: readAdminToken },
  API_RATE_PER_SECOND: whole({
    unit: "requests a second and key, 0 for no limit",
    from: 0,
    to: 100_000,
    default: "100",
  }),
  NOTIFY_URL: { default: null, secret: true, read: readNotifyUrl },
  NOTIFY_SECRET: { default: null, secret: true, read: readNotifySecrets },
  LOG_LEVEL: oneOf(["error", "warn", "info", "debug"], "info"),
  LOG_FORMAT: oneOf(["json", "pretty"], null),
} as const satisfies Readonly<Record<string, Variable<unknown>>>;

export type VariableName = keyof typeof VARIABLES;

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function whole<Default extends string | null>(range: {
  readonly unit: string;
  readonly from: number;
  readonly to: number;
  readonly default: Default;
}): Variable<number> & { readonly default: Default } {
  const { unit, from, to } = range;
  const expected = `expected a whole number from ${from} to ${to} (${unit})`;
  const example = range.default === null ? "" : `, like ${range.default}`;
  return {
    default: range.default,
    read: (text) => {
      const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
      if (number >= from && number <= to) return number;
      const digits = text.replaceAll(/[,_ ]/g, "");
      const mend = /^\d+$/.test(digits) && digits !== text ? `; write it without separators: ${digits}` : example;
      return new Complaint(`"${text}" given, ${expected}${mend}`);
    },
  };
}

function oneOf<const Word extends string, Default extends Word | null>(
  words: readonly Word[],
  byDefault: Default,
): Variable<Word> & { readonly default: Default } {
  return {
    default: byDefault,
    read: (text) => {
      const word = words.find((each) => each === text);
      if (word !== undefined) return word;
      const meant = nearest(text, words);
      return new Complaint(
        `"${text}" given, expected ${words.join(" or ")}${meant === null ? "" : `; did you mean ${meant}?`}`,
      );
    },
  };
}

function readApiKey(text: string): Secret | Complaint {
  // Conekta's begin with "key_" today. Whether it is accepted, and in which mode, only the gateway knows.
  if (/^[A-Za-z0-9_.-]+$/.test(text)) return new Secret(text);
  if (isPem(text))
    return new Complaint(`${IS_PEM} expected the private key of your Conekta panel, which begins with key_`);
  return new Complaint(
    "what was given has a character no key has; copy the private key of your Conekta panel whole, without quotes",
  );
}

const IS_PEM = "what was given is a PEM, as of CONEKTA_WEBHOOK_PUBLIC_KEY;";

function isPem(text: string): boolean {
  return text.includes("-----BEGIN");
}

/** Never repeats what was given: it may be a private key. */
function readPublicKeys(text: string): readonly KeyObject[] | Complaint {
  try {
    return publicKeysIn(text);
  } catch (error) {
    if (!(error instanceof NoPublicKey)) throw error;
    return new Complaint(`${error.message}; \`npx puntual webhooks setup\` makes one and prints what to put here`);
  }
}

function readAdminToken(text: string): Secret | Complaint {
  if (/^[\x21-\x7e]{8,}$/.test(text)) return new Secret(text);
  if (isPem(text)) return new Complaint(`${IS_PEM} make a token with: openssl rand -hex 32`);
  return new Complaint(
    `what was given has ${text.length} characters, expected at least 8 without spaces or accents; make one with: openssl rand -hex 32`,
  );
}

/** Without a slash at its end, so that "/orders" can follow. */
function readBaseUrl(text: string): string | Complaint {
  if (/\/\/[^/]*@/.test(text)) {
    return new Complaint("the address contains a user or password; take it out, the key belongs into CONEKTA_API_KEY");
  }
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    return new Complaint(`"${text}" given, expected an address like https://api.conekta.io`);
  }
  if (url.search !== "" || url.hash !== "") return new Complaint(`"${text}" given, expected nothing behind the path`);
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    return new Complaint(
      `"${text}" given: the key would travel unencrypted; write https:// (http:// is for this machine only)`,
    );
  }
  return url.href.replace(/\/+$/, "");
}

/** Such an address carries its own key, so it is a secret. */
function readHeartbeatUrl(text: string): Secret | Complaint {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === "https:" || url.protocol === "http:")) return new Secret(text);
  return new Complaint("what was given is not an address; expected one that begins with https://");
}

/** Such an address may carry a key of its own, so it is a secret. */
function readNotifyUrl(text: string): Secret | Complaint {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    return new Complaint("what was given is not an address; expected one that begins with https://");
  }
  if (url.username !== "" || url.password !== "") {
    return new Complaint("the address contains a user or password; take it out, NOTIFY_SECRET shows who calls");
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    return new Complaint(
      "what was given begins with http://: names and e-mails would travel unencrypted; write https:// (http:// is for this machine only)",
    );
  }
  return new Secret(text);
}

export const MAKE_NOTIFY_SECRET = 'make one with: echo "whsec_$(openssl rand -base64 32)"';

/** @see "Signature scheme", standardwebhooks.com specification, 1.0.0: 24 to 64 bytes in base64 (read 2026-11-23) */
function readNotifySecrets(text: string): readonly Secret[] | Complaint {
  if (isPem(text)) return new Complaint(`${IS_PEM} ${MAKE_NOTIFY_SECRET}`);
  const secrets = text.split(/[\s,]+/).filter((each) => each !== "");
  if (secrets.length === 0) return new Complaint(`what was given has no secret in it; ${MAKE_NOTIFY_SECRET}`);
  for (const [index, secret] of secrets.entries()) {
    const which = secrets.length === 1 ? "what was given" : `the ${index + 1}. of ${secrets.length}`;
    const [, base64 = ""] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
    const bytes = Buffer.from(base64, "base64");
    if (bytes.toString("base64") !== base64 || base64 === "") {
      return new Complaint(`${which} is not whsec_ and base64; ${MAKE_NOTIFY_SECRET}`);
    }
    if (bytes.length < 24 || bytes.length > 64) {
      return new Complaint(`${which} has ${bytes.length} bytes, expected 24 to 64; ${MAKE_NOTIFY_SECRET}`);
    }
  }
  return secrets.map((secret) => new Secret(secret));
}

function readTimeZone(text: string): string | Complaint {
  if (isTimeZone(text)) return text;
  const meant = nearest(text, Intl.supportedValuesOf("timeZone"));
  return new Complaint(
    `"${text}" given, expected a zone of the IANA database, like America/Mexico_City${meant === null ? "" : `; did you mean ${meant}?`}`,
  );
}

function readHost(text: string): string | Complaint {
  if (/^[A-Za-z0-9.:_-]+$/.test(text)) return text;
  return new Complaint(`"${text}" given, expected a host name or address, like 127.0.0.1; the port is HTTP_PORT`);
}

function readCron(text: string): string | Complaint {
  const fault = cronFault(text);
  return fault === null ? text : new Complaint(fault);
}

const PORT = whole({ unit: "port; 0: any free one, empty: listen nowhere", from: 0, to: 65_535, default: "8080" });

function readPort(text: string): number | null | Complaint {
  return text === "" ? null : PORT.read(text);
}

const OFFSET_UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

function readOffsets(text: string): readonly number[] | Complaint {
  const offsets: number[] = [];
  for (const part of text.split(",").map((each) => each.trim())) {
    const [, count = "", unit = ""] = /^([1-9]\d{0,6})([smhd])$/.exec(part) ?? [];
    const offsetMs = Number(count) * (OFFSET_UNIT_MS[unit] ?? Number.NaN);
    if (!(offsetMs <= 30 * DAY_MS)) {
      return new Complaint(
        `"${part}" in "${text}": expected a whole number and s, m, h or d, up to 30d, like 15s,1m,2h`,
      );
    }
    if (offsetMs <= (offsets.at(-1) ?? 0)) {
      return new Complaint(`"${part}" in "${text}" is not later than the one before it; write them in ascending order`);
    }
    offsets.push(offsetMs);
  }
  return offsets;
}
