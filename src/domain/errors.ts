/**
 * Foreseen failures. Each has a literal name, says what, where, what was expected and how to mend it,
 * and stands in one table with the exit code it ends a command with.
 */
export const EXIT = { done: 0, failed: 1, needsPerson: 3, usage: 64, configuration: 78 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export abstract class BillingError extends Error {
  abstract override readonly name: string;
  abstract readonly exitCode: ExitCode;
}

/** One fault in what a person wrote: the place, what is wrong, and how to mend it. */
export type InputFault = { readonly where: string; readonly what: string };

/** The environment or a file of config/ is wrong. All faults are told at once. */
export class ConfigurationInvalid extends BillingError {
  override readonly name = "ConfigurationInvalid";
  readonly exitCode = EXIT.configuration;
  readonly faults: readonly InputFault[];
  constructor(subject: string, faults: readonly InputFault[]) {
    super(`${subject}:\n${faults.map(({ where, what }) => `  ${where}: ${what}`).join("\n")}`);
    this.faults = faults;
  }
}

/** A command was given something that cannot be: a wrong id, date, amount. */
export class UsageInvalid extends BillingError {
  override readonly name = "UsageInvalid";
  readonly exitCode = EXIT.usage;
}

/** What a command names does not exist. */
export class NotFound extends BillingError {
  override readonly name = "NotFound";
  readonly exitCode = EXIT.failed;
}

/** The command is understood, and must not be done in the present state. Nothing was changed. */
export class Refused extends BillingError {
  override readonly name = "Refused";
  readonly exitCode = EXIT.failed;
}

/** The gateway could not be reached, or gave no answer that can be used; the message says whether it may have acted. */
export class GatewayUnavailable extends BillingError {
  override readonly name = "GatewayUnavailable";
  readonly exitCode = EXIT.failed;
  /** False: no byte of the call left this machine, nor would one of a charge. */
  readonly wasReached: boolean;
  constructor(message: string, { wasReached = true }: { readonly wasReached?: boolean } = {}) {
    super(message);
    this.wasReached = wasReached;
  }
}

/** The gateway does not accept our key. */
export class GatewayUnauthorized extends BillingError {
  override readonly name = "GatewayUnauthorized";
  readonly exitCode = EXIT.configuration;
}

/** The gateway understood the call and refused it. */
export class GatewayRefused extends BillingError {
  override readonly name = "GatewayRefused";
  readonly exitCode = EXIT.failed;
  readonly httpStatus: number;
  readonly code: string | null;
  constructor(message: string, facts: { httpStatus: number; code: string | null }) {
    super(message);
    this.httpStatus = facts.httpStatus;
    this.code = facts.code;
  }
}

/** The database cannot be used as it is. */
export class DatabaseUnusable extends BillingError {
  override readonly name = "DatabaseUnusable";
  readonly exitCode: ExitCode;
  constructor(message: string, options: ErrorOptions & { exitCode?: ExitCode } = {}) {
    super(message, options);
    this.exitCode = options.exitCode ?? EXIT.failed;
  }
}

/** Another process holds the right to charge from this database. */
export class AlreadyRunning extends BillingError {
  override readonly name = "AlreadyRunning";
  readonly exitCode = EXIT.failed;
}

/** The key belongs to the other mode (live or test) than the books. */
export class WrongMode extends BillingError {
  override readonly name = "WrongMode";
  readonly exitCode = EXIT.configuration;
}
