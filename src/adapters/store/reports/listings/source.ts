/** Where the rows of a listing come from, and what several of them share. */
import type { ListingName, Listings } from "../../../../application/ports/listings.ts";
import type { RowSource } from "../../dialect/paged-rows.ts";
import type { Parameter } from "../../dialect/sql.ts";

export type Source<Row> = RowSource<Row> & {
  /** Where `since` looks, and in which form its instants are stored there. */
  readonly since?: readonly [sql: string, form: (instant: Date) => Parameter];
  /** Values that few rows have, and what is true of each of them in the words of the index that holds those rows alone. */
  readonly few?: { readonly [Column in keyof Row]?: readonly [values: readonly Row[Column][], sql: string] };
};

export type Sources<Name extends ListingName> = { readonly [Each in Name]: Source<Listings[Each]> };

export const iso = (instant: Date): string => instant.toISOString();
export const day = (instant: Date): string => iso(instant).slice(0, 10);
