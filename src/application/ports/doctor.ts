/**
 * What the doctor needs from outside, beside the other ports: the database as a file and as tables, at the
 * machine it stands on, and the probe of the gateway's guard.
 */
import type { Text } from "../../domain/language.ts";
import type { Plan } from "../../domain/plan.ts";
import type { GuardFinding, GuardProbe } from "../../domain/guard-probe.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Owner } from "./installation.ts";

/** One subscription with what its calendar follows from, and how far its invoices go. */
export type CalendarRow = Pick<
  Subscription,
  "id" | "status" | "timeZone" | "anchorLocal" | "firstCycle" | "nextCycle" | "nextBillingAt" | "cancelAt"
> & {
  /** When its policy's final action canceled it; null: none did. */
  readonly givenUpAt: Date | null;
  readonly plan: Pick<Plan, "interval" | "frequency" | "expiryCount" | "expiryCounts">;
  /** Of its invoices. */
  readonly voidCycles: number;
  readonly invoices: number;
  /** Null: there is none. */
  readonly lastInvoicedCycle: number | null;
};

/** A setting of the connection, or of the server, as it is. */
export type DatabaseSetting = {
  readonly name: string;
  /** "unknown" where the database does not say. */
  readonly value: string | number;
  /** Null: any will do. Otherwise another one could lose an intent in a power cut, or leave a rule unenforced. */
  readonly wanted: string | number | null;
};

/** What the database says of itself, through the very connection that we write with. */
export type DatabaseHealth = {
  readonly engine: "sqlite" | "postgres";
  readonly settings: readonly DatabaseSetting[];
  /** Empty: it is whole. */
  readonly integrityFaults: readonly string[];
  /** Rows that refer to rows which do not exist, by table. */
  readonly foreignKeyFaults: readonly string[];
  /** Rows of which a column is no JSON: they are shown without it, and what they owe is set aside. */
  readonly unreadableRows: readonly string[];
  readonly isInMemory: boolean;
};

/** A process that took the right to charge. */
export type ChargingNode = Owner & {
  readonly host: string;
  readonly pid: number;
  readonly startedAt: Date;
  /** By the clock of the database. */
  readonly silentForMs: number;
  /** False: it was silent for longer than its lease. Null: the lock of the file tells, not the database. */
  readonly isAlive: boolean | null;
  /** Its last tick left something undone; null: it did not, or is not over. */
  readonly unfinished: Unfinished | null;
};

/** One English sentence, and since when ticks have left something undone. */
export type Unfinished = { readonly because: string; readonly since: Date };

export interface StoreInspection {
  nodes(): Promise<readonly ChargingNode[]>;
  health(): Promise<DatabaseHealth>;
  /** Every subscription, ended ones included. */
  calendar(): Promise<readonly CalendarRow[]>;
  cyclesOf(subscriptionId: string): Promise<ReadonlySet<number>>;
  /** The latest instant that anything was written with; null: nothing was yet. */
  newestInstant(): Promise<Date | null>;
  recordGuardProbe(probe: GuardProbe): Promise<void>;
  newestGuardProbe(): Promise<GuardProbe | null>;
  /** Webhook events that were given up, and when the oldest of them came. */
  failedWebhooks(): Promise<{ readonly count: number; readonly oldestAt: Date | null }>;
}

export interface GuardProber {
  /**
   * Charges the customer's default card for two orders of its own, and tries to charge each of them twice.
   * Never with a live key: that is the caller's to make sure. Never throws for what the gateway did.
   */
  probeGuard(probe: {
    readonly id: string;
    readonly installationId: string;
    readonly customerId: string;
    readonly amountCents: number;
  }): Promise<GuardFinding>;
}

/** A file or folder, and who may do what with it: the lowest nine bits of its mode. */
export type FileMode = { readonly path: string; readonly mode: number };

/** The kill_timeout of one app that pm2 would start; null where the file does not say. */
export type Pm2Settings = { readonly file: string; readonly killTimeoutMs: number | null };

export type Machine = {
  /** The database's files that exist; empty for a database in memory, and where files have no such modes. */
  readonly files: readonly FileMode[];
  readonly folder: FileMode | null;
  /** Null: unknown. */
  readonly freeBytes: number | null;
  /** "2026c"; null: this Node does not say. */
  readonly tzVersion: string | null;
  /** What of the environment gives a secret away, each with its mend. */
  readonly dangers: readonly Text[];
  readonly pm2: readonly Pm2Settings[];
  /** The process that holds the right to charge, "unknown" where it left no name; null: none. */
  readonly chargingPid: string | null;
};
