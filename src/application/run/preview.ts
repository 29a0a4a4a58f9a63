/** What the next run would do, as `run --dry-run` shows it. */
import type { Invoice } from "../../domain/invoice.ts";
import type { ShownContent } from "../../domain/shown-content.ts";

export type RunPreview = {
  readonly wouldOpen: readonly PreviewedInvoice[];
  readonly wouldCharge: readonly PreviewedCharge[];
  /** Due, and kept from being charged by a check or a limit. */
  readonly wouldNotCharge: readonly NotCharged[];
  /** The limit that would end the run early. */
  readonly stoppedAt: string | null;
  /** Attempts whose outcome is uncertain, that the gateway would be asked about first. */
  readonly wouldInquire: number;
  /** Subscriptions whose row cannot be understood. */
  readonly setAside: readonly string[];
  /** Why nobody would be charged; null: no such reason. */
  readonly haltReason: string | null;
};

/** An invoice as it would be opened; it has no id yet. */
export type PreviewedInvoice = Pick<
  Invoice,
  | "subscriptionId"
  | "customerId"
  | "cycle"
  | "periodStart"
  | "periodEnd"
  | "status"
  | "statusReason"
  | "missed"
  | "nextAttemptAt"
> &
  ShownContent;

export type PreviewedCharge = {
  /** Null: the invoice is not open yet. */
  readonly invoiceId: string | null;
  readonly subscriptionId: string;
  readonly customerId: string;
  readonly cycle: number | null;
  readonly amountCents: number;
  readonly currency: string;
  readonly dueAt: string;
  readonly missed: boolean;
};

export type NotCharged = PreviewedCharge & {
  /** `no_default_card`, `card_expired`, `earlier_unpaid`, `daily_limit`, the name of a limit of the run, … */
  readonly because: string;
  /** To be tried again then; null: not decided by time. */
  readonly until: string | null;
};
