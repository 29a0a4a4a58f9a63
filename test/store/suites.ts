/** Everything that a database has to do for us, whichever it is: all suites of the store port. */
import { describe } from "@jest/globals";
import type { OpenedStore } from "../../src/adapters/store/store.ts";
import { apiConformance } from "./api-conformance.ts";
import { archiveConformance } from "./archive-conformance.ts";
import { storeConformance } from "./conformance.ts";
import { consentConformance } from "./consent-conformance.ts";
import { dunningConformance } from "./dunning-conformance.ts";
import { enrolmentConformance } from "./enrolment-conformance.ts";
import { explainingConformance } from "./explaining-conformance.ts";
import { outboxConformance } from "./outbox-conformance.ts";
import { profileConformance } from "./profile-conformance.ts";
import { recordsConformance } from "./records-conformance.ts";
import { cfdiConformance, vectorsConformance } from "./vectors-conformance.ts";
import { creditConformance, waitingConformance } from "./waiting-conformance.ts";

type Open = () => Promise<{ readonly store: OpenedStore; close(): Promise<void> }>;

const SUITES: Readonly<Record<string, (name: string, open: Open) => void>> = {
  "the store": storeConformance,
  "the archive": archiveConformance,
  "the records": recordsConformance,
  "profiles of customers": profileConformance,
  dunning: dunningConformance,
  "what waits for an invoice": waitingConformance,
  credits: creditConformance,
  "vectors of invoices": vectorsConformance,
  "tax documents": cfdiConformance,
  consents: consentConformance,
  "the outbox": outboxConformance,
  enrolment: enrolmentConformance,
  "what is explained": explainingConformance,
  "what the API keeps": apiConformance,
};

/** Each apart: what a suite does before each of its tests would be done before those of the others, too. */
export function everySuite(name: string, open: Open): void {
  describe.each(Object.entries(SUITES))("%s", (_, suite) => {
    suite(name, open);
  });
}
