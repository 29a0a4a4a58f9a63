/**
 * The CFDI of a month, for the accountant, and the stamps that come back. Nothing is stamped here.
 *
 * That documents were handed out is noted after they were written: a crash in between leaves them unnoted, and the next export
 * says nothing of this one. Documents are the same however often they are asked for, as long as the books are.
 */
import { type Cfdi, type CfdiRecord, cfdisOf } from "../../domain/cfdi/cfdi.ts";
import { decideStamp, type GivenStamp, isUuid } from "../../domain/cfdi/cfdi-stamp.ts";
import { Refused, UsageInvalid } from "../../domain/errors.ts";
import type { Issuer } from "../../domain/tax-data.ts";
import type { FiscalRecords, MonthWindow } from "../ports/fiscal.ts";
import type { Clock } from "../ports/runtime.ts";
import { said } from "../../domain/refusals.ts";

type Needs = { readonly store: { readonly fiscal: FiscalRecords }; readonly clock: Clock };

export type AskedMonth = MonthWindow & {
  /** "2026-12" */
  readonly month: string;
  /** Null: config/fiscal.yaml names none. */
  readonly issuer: Issuer | null;
};

export type CfdisOfMonth = {
  readonly documents: readonly Cfdi[];
  /** Invoices, refunds and changes of plan that are damaged in the database: of them there is no document. */
  readonly damaged: readonly string[];
};

export async function cfdiDocuments({ store }: Needs, { month, issuer, ...window }: AskedMonth): Promise<CfdisOfMonth> {
  const documents = cfdisOf({ month, issuer, ...(await store.fiscal.month(window)) });
  return { documents, damaged: await store.fiscal.unreadable(window) };
}

export async function noteExported({ store, clock }: Needs, documents: readonly Cfdi[]): Promise<void> {
  if (documents.length > 0) await store.fiscal.noteExported(documents, clock.now());
}

/**
 * What the accountant says of one document.
 *
 * @throws {UsageInvalid} that is no uuid, or there is none
 * @throws {Refused} it has another stamp, or this one was canceled
 */
export async function noteStamp({ store, clock }: Needs, documentId: string, given: GivenStamp): Promise<CfdiRecord> {
  if (given.uuid !== null && !isUuid(given.uuid))
    throw new UsageInvalid(said("unnoted", { why: said("not_a_uuid", { given: given.uuid }) }));
  return await store.fiscal.stamp(documentId, clock.now(), (known) => {
    const decision = decideStamp(known, given);
    switch (decision.do) {
      case "write":
        return decision.stamp;
      case "leave":
        return null;
      case "refuse":
        if (decision.because === "no_uuid")
          throw new UsageInvalid(said("unnoted", { why: said("uuid_missing", { id: documentId }) }));
        throw new Refused(
          decision.because === "stamped_as_another"
            ? said("stamped_as_another", { id: documentId, uuid: known?.uuid ?? "" })
            : said("stamp_canceled", { uuid: known?.uuid ?? "" }),
        );
      default:
        return decision satisfies never;
    }
  });
}
