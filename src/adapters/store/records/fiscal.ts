/** Tax data of customers, the month for the accountant, and the stamps that come back. */
import type { FiscalRecords } from "../../../application/ports/fiscal.ts";
import type { Random } from "../../../application/ports/runtime.ts";
import { noteExported, recordOf, stamp } from "./cfdi-stamps.ts";
import { creditedIn, givenBackIn, paidIn, unreadableIn } from "./fiscal-month.ts";
import { changeCustomer } from "./customer-changes.ts";
import { taxDataOf } from "./tax-data.ts";
import type { Connected } from "../dialect/sql.ts";

type Database = {
  readonly read: () => Connected;
  readonly write: <T>(work: (em: Connected) => Promise<T>) => Promise<T>;
  readonly random: Random;
};

export function fiscalRecords({ read, write, random }: Database): FiscalRecords {
  return {
    taxDataOf: (customerId) => taxDataOf(read(), customerId),
    changeCustomer: (customerId, parts, now) => write((em) => changeCustomer(em, customerId, parts, now, random)),
    async month(window) {
      const em = read();
      return {
        invoices: await paidIn(em, window),
        refunds: [...(await givenBackIn(em, window)), ...(await creditedIn(em, window))],
      };
    },
    unreadable: (window) => unreadableIn(read(), window),
    noteExported: (documents, now) => write((em) => noteExported(em, documents, now)),
    recordOf: (id) => recordOf(read(), id),
    stamp: (documentId, now, decide) => write((em) => stamp(em, documentId, now, decide, random)),
  };
}
