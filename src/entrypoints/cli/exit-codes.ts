/** What a command ends with: one table from each error to its exit code. */
import { type BillingError, DatabaseUnusable, type ErrorName } from "../../domain/errors.ts";

export const EXIT = { done: 0, failed: 1, needsPerson: 3, usage: 64, configuration: 78 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const CODES: Readonly<Record<ErrorName, ExitCode>> = {
  AlreadyRunning: EXIT.failed,
  ConfigurationInvalid: EXIT.configuration,
  DatabaseUnusable: EXIT.failed,
  GatewayRefused: EXIT.failed,
  GatewayUnauthorized: EXIT.configuration,
  GatewayUnavailable: EXIT.failed,
  InputInvalid: EXIT.usage,
  NeedsConfirmation: EXIT.usage,
  NotFound: EXIT.failed,
  PortInUse: EXIT.failed,
  Refused: EXIT.failed,
  RequestInProgress: EXIT.failed,
  StaleVersion: EXIT.failed,
  UsageInvalid: EXIT.usage,
  WrongAccount: EXIT.configuration,
  WrongMode: EXIT.configuration,
};

export function exitCodeOf(error: BillingError): ExitCode {
  if (error instanceof DatabaseUnusable && error.isMisconfigured) return EXIT.configuration;
  return CODES[error.name];
}
