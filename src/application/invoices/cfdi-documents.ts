/**
 * The CFDI of a month, for the accountant, and the stamps that come back. Nothing is stamped here.
 *
 * That documents were handed out is noted after they were written: a crash in between leaves them unnoted, and the next export
 * says nothing of this one. Documents are the same however often they are asked for, as long as the books are.
 */
import { type Cfdi, type CfdiRecord, cfdisOf } from "../../domain/cfdi.ts";
import { decideStamp, type GivenStamp, isUuid } from "../../domain/cfdi-stamp.ts";
import { Refused, UsageInvalid } from "../../domain/errors.ts";
import type { Issuer } from "../../domain/tax-data.ts";
import type { FiscalRecords, MonthWindow } from "../ports/fiscal.ts";
import type { Clock } from "../ports/runtime.ts";

type Needs = { readonly store: { readonly fiscal: FiscalRecords }; readonly clock: Clock };

export type AskedMonth = MonthWindow & {
  /** "2026-12" */
  readonly month: string;
  /** Null: config/fiscal.yaml names none. */
  readonly issuer: Issuer | null;
};

export async function cfdiDocuments(
  { store }: Needs,
  { month, issuer, ...window }: AskedMonth,
): Promise<readonly Cfdi[]> {
  return cfdisOf({ month, issuer, ...(await store.fiscal.month(window)) });
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
    throw new UsageInvalid(
      `--uuid: "${given.uuid}" given, expected the folio fiscal, like 5B0F5B0E-0C0A-4C1E-9A53-1F4A3EC0A001; nothing was noted`,
    );
  return await store.fiscal.stamp(documentId, clock.now(), (known) => {
    const decision = decideStamp(known, given);
    switch (decision.do) {
      case "write":
        return decision.stamp;
      case "leave":
        return null;
      case "refuse":
        if (decision.because === "no_uuid")
          throw new UsageInvalid(`--uuid is missing: ${documentId} has no stamp yet; nothing was noted`);
        throw new Refused(
          decision.because === "stamped_as_another"
            ? `${documentId} is stamped as ${known?.uuid}; note that it was canceled first (--status canceled)`
            : `${known?.uuid} was canceled, and a canceled CFDI does not come back; stamp another one`,
        );
      default:
        return decision satisfies never;
    }
  });
}
