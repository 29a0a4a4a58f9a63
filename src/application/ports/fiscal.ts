/** What the accountant's file needs of the books: tax data of customers, what was paid and given back in a month, and stamps. */
import type { Cfdi, CfdiMonth, CfdiRecord } from "../../domain/cfdi/cfdi.ts";
import type { Stamp } from "../../domain/cfdi/cfdi-stamp.ts";
import type { CustomerProfile } from "../../domain/customer-profile.ts";
import type { TaxData } from "../../domain/tax-data.ts";

export type MonthWindow = {
  readonly from: Date;
  /** Not in it. */
  readonly until: Date;
};

/** What of a customer is changed; what is left out stays. */
export type CustomerParts = {
  readonly taxData?: TaxData | undefined;
  /** Asked under the write lock. */
  readonly profileOf?: ((was: CustomerProfile) => CustomerProfile) | undefined;
};

export interface FiscalRecords {
  /** Null: none were given. */
  taxDataOf(customerId: string): Promise<TaxData | null>;
  /**
   * All of it or nothing, with an event for each part that became another.
   * @throws {NotFound} no such customer
   */
  changeCustomer(customerId: string, parts: CustomerParts, now: Date): Promise<void>;
  /** What was paid, and what went back, in a time; without what is damaged. */
  month(window: MonthWindow): Promise<Pick<CfdiMonth, "invoices" | "refunds">>;
  /** What of a time is damaged, and so left out: ids of invoices, refunds and changes of plan. */
  unreadable(window: MonthWindow): Promise<readonly string[]>;
  /** These documents were handed out. */
  noteExported(documents: readonly Cfdi[], now: Date): Promise<void>;
  /** Of an invoice, a refund or a global invoice, or the one that it is part of; null: none was handed out or stamped. */
  recordOf(id: string): Promise<CfdiRecord | null>;
  /**
   * Asks `decide` under the write lock.
   * @throws {NotFound} no such invoice, refund or global invoice
   * @throws {Refused} no money came or went; or another document has this uuid
   */
  stamp(documentId: string, now: Date, decide: (known: CfdiRecord | null) => Stamp | null): Promise<CfdiRecord>;
}
