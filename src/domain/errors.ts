/**
 * Foreseen failures. Each has a literal name and carries its datum, and its message says what, where and what was
 * expected. What follows from one (an exit code, an HTTP status) is decided where it leaves the program.
 */
import { inEnglish, type Said } from "./refusals.ts";

export type ErrorName =
  | "AlreadyRunning"
  | "ConfigurationInvalid"
  | "DatabaseUnusable"
  | "GatewayRefused"
  | "GatewayUnauthorized"
  | "GatewayUnavailable"
  | "InputInvalid"
  | "NeedsConfirmation"
  | "NotFound"
  | "PortInUse"
  | "Refused"
  | "RequestInProgress"
  | "StaleVersion"
  | "UsageInvalid"
  | "WrongAccount"
  | "WrongMode";

/**
 * What a person can do about it, as data: a terminal words it as a command, an HTTP answer as an endpoint. The message
 * of the error names neither.
 */
export type Mend =
  /** Look among all that there are. */
  | {
      readonly do: "list";
      readonly what: "invoices" | "subscriptions" | "plans" | "coupons" | "events" | "keys" | "unknown";
    }
  | { readonly do: "list_invoices_of"; readonly subscriptionId: string }
  | { readonly do: "show_invoice"; readonly invoiceId: string }
  | { readonly do: "show_attempt"; readonly attemptId: string }
  | { readonly do: "add_customer"; readonly customerId: string }
  | { readonly do: "choose_default_card"; readonly customerId: string }
  | { readonly do: "cancel_link"; readonly invoiceId: string }
  | { readonly do: "undo_change"; readonly subscriptionId: string }
  /** Of the same change. Null: as it is, or by default. */
  | {
      readonly do: "preview_change";
      readonly subscriptionId: string;
      readonly planId: string | null;
      readonly quantity: number | null;
      readonly apply: string | null;
      readonly on: string | null;
    }
  /** For a new installation only: an empty database remembers no charge. */
  | { readonly do: "make_database" }
  | { readonly do: "migrate" }
  | { readonly do: "allow_card"; readonly paymentSourceId: string }
  | { readonly do: "add_card"; readonly customerId: string }
  /** Instead of a second subscription. @param startLocal for a second one that begins where the first ends; null: unknown */
  | { readonly do: "keep_subscription"; readonly subscriptionId: string; readonly startLocal: string | null }
  /** With this start nothing is charged twice. */
  | { readonly do: "start_at"; readonly startLocal: string }
  | { readonly do: "use_customer"; readonly customerId: string }
  | { readonly do: "sweep" }
  | { readonly do: "sweep_since"; readonly since: Date }
  | { readonly do: "go" };

export type ErrorData = ErrorOptions & { readonly mend?: Mend };

export abstract class BillingError extends Error {
  abstract override readonly name: ErrorName;
  /** Null: the message says all. */
  readonly mend: Mend | null;
  /** What the message says, as code and data; null: it is of no caller's doing, and in English alone. */
  readonly said: Said | null;
  constructor(message: string | Said, { mend, ...options }: ErrorData = {}) {
    super(inEnglish(message), options);
    this.mend = mend ?? null;
    this.said = typeof message === "string" ? null : message;
  }
}

/** One fault in what a person wrote: the place, what is wrong, and how to mend it. */
export type InputFault = { readonly where: string; readonly what: string | Said; readonly mend?: Mend };

/** Several things at once, each with its place. */
export abstract class InputFaulty extends BillingError {
  readonly subject: string | Said;
  readonly faults: readonly InputFault[];
  constructor(subject: string | Said, faults: readonly InputFault[]) {
    super(`${inEnglish(subject)}:\n${faults.map(({ where, what }) => `  ${where}: ${inEnglish(what)}`).join("\n")}`);
    this.subject = subject;
    this.faults = faults;
  }
}

/** The environment or a file of config/ is wrong. All faults are told at once. */
export class ConfigurationInvalid extends InputFaulty {
  override readonly name = "ConfigurationInvalid";
}

/** It can be done, and looks like a mistake that costs a customer money: only on a person's word. Nothing was changed. */
export class NeedsConfirmation extends InputFaulty {
  override readonly name = "NeedsConfirmation";
}

/** Rows of a file that a command was given cannot be. Nothing was changed. */
export class InputInvalid extends InputFaulty {
  override readonly name = "InputInvalid";
}

/** A command was given something that cannot be: a wrong id, date, amount. */
export class UsageInvalid extends BillingError {
  override readonly name = "UsageInvalid";
}

/** What a command names does not exist. */
export class NotFound extends BillingError {
  override readonly name = "NotFound";
}

/** The command is understood, and must not be done in the present state. Nothing was changed. */
export class Refused extends BillingError {
  override readonly name = "Refused";
}

/** The same request is being carried out, or was at this moment. Nothing was changed a second time. */
export class RequestInProgress extends BillingError {
  override readonly name = "RequestInProgress";
}

/** It was changed since it was read. Nothing was changed now. */
export class StaleVersion extends BillingError {
  override readonly name = "StaleVersion";
}

/** A row of the database that cannot be understood: no `BillingError`, since it stands aside and stops nobody. */
export class RowUnreadable extends Error {
  override readonly name = "RowUnreadable";
  readonly id: string;
  constructor(id: string, options: ErrorOptions) {
    super(`the row of ${id} cannot be read`, options);
    this.id = id;
  }
}

/** The gateway could not be reached, or gave no answer that can be used; the message says whether it may have acted. */
export class GatewayUnavailable extends BillingError {
  override readonly name = "GatewayUnavailable";
  /** False: no byte of the call left this machine, nor would one of a charge. */
  readonly wasReached: boolean;
  /** How long it asks to be left alone; null: it does not. */
  readonly retryAfterMs: number | null;
  constructor(
    message: string | Said,
    {
      wasReached = true,
      retryAfterMs = null,
    }: { readonly wasReached?: boolean; readonly retryAfterMs?: number | null } = {},
  ) {
    super(message);
    this.wasReached = wasReached;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The gateway does not accept our key. */
export class GatewayUnauthorized extends BillingError {
  override readonly name = "GatewayUnauthorized";
}

/** The gateway understood the call and refused it. */
export class GatewayRefused extends BillingError {
  override readonly name = "GatewayRefused";
  readonly httpStatus: number;
  readonly code: string | null;
  constructor(message: string | Said, facts: { httpStatus: number; code: string | null }) {
    super(message);
    this.httpStatus = facts.httpStatus;
    this.code = facts.code;
  }
}

/** Whether the gateway knows no such thing: it was deleted there, or never was. */
export function isNotThere(error: unknown): boolean {
  return error instanceof GatewayRefused && error.httpStatus === 404;
}

/** The database cannot be used as it is. */
export class DatabaseUnusable extends BillingError {
  override readonly name = "DatabaseUnusable";
  /** Until a person changes what it is given, it will be so at every start: a wrong path, a wrong or damaged file, no permission. */
  readonly isMisconfigured: boolean;
  /** Another transaction holds rows that were to be written: whatever needs none of them goes on. */
  readonly areRowsHeld: boolean;
  /** Its server said so, or did not answer: one that is failed over or set up anew may answer otherwise, and be another server. */
  readonly isOfServer: boolean;
  constructor(
    message: string,
    options: ErrorData & {
      readonly isMisconfigured?: boolean;
      readonly areRowsHeld?: boolean;
      readonly isOfServer?: boolean;
    } = {},
  ) {
    super(message, options);
    this.isMisconfigured = options.isMisconfigured ?? false;
    this.areRowsHeld = options.areRowsHeld ?? false;
    this.isOfServer = options.isOfServer ?? false;
  }
}

/** Nobody else's rows could be written, either. */
export function stopsEverybody(error: unknown): boolean {
  return error instanceof DatabaseUnusable && !error.areRowsHeld;
}

/** Another process holds the right to charge from this database. */
export class AlreadyRunning extends BillingError {
  override readonly name = "AlreadyRunning";
}

/** The key belongs to another account than the customers of the books. */
export class WrongAccount extends BillingError {
  override readonly name = "WrongAccount";
}

/** The key belongs to the other mode (live or test) than the books. */
export class WrongMode extends BillingError {
  override readonly name = "WrongMode";
}

/** What an error says of itself, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
