/** How well the books know a customer's card, of a row joined with the failed reads of customers. */
import type { CardKnown } from "../../../domain/dunning/card-watch.ts";
import { instant, instantOrNull, wholeOrNull } from "../dialect/codec.ts";
import type { RawRow } from "../dialect/sql.ts";

export function cardKnownOf(row: RawRow): CardKnown {
  const failures = wholeOrNull(row, "failures");
  return {
    readAt: instantOrNull(row, "read_at"),
    failure:
      failures === null
        ? null
        : {
            ...{ failures, failedSince: instant(row, "failed_since"), failedAt: instant(row, "failed_at") },
            nextReadAt: instant(row, "next_read_at"),
          },
  };
}
