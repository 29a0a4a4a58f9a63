/** PostgreSQL does what SQLite does: the same suites on a real server. */
import { describe } from "@jest/globals";
import { archiveConformance } from "./archive-conformance.ts";
import { storeConformance } from "./conformance.ts";
import { apiConformance } from "./api-conformance.ts";
import { consentConformance } from "./consent-conformance.ts";
import { dunningConformance } from "./dunning-conformance.ts";
import { enrolmentConformance } from "./enrolment-conformance.ts";
import { outboxConformance } from "./outbox-conformance.ts";
import { postgresStores } from "./postgres-stores.ts";
import { explainingConformance } from "./explaining-conformance.ts";
import { profileConformance } from "./profile-conformance.ts";
import { recordsConformance } from "./records-conformance.ts";
import { cfdiConformance, vectorsConformance } from "./vectors-conformance.ts";
import { creditConformance, waitingConformance } from "./waiting-conformance.ts";

const open = postgresStores();

// Each suite opens a store of its own before each of its tests.
describe("the store", () => {
  storeConformance("PostgreSQL", open);
});
describe("its records", () => {
  archiveConformance("PostgreSQL", open);
  recordsConformance("PostgreSQL", open);
  profileConformance("PostgreSQL", open);
  dunningConformance("PostgreSQL", open);
  waitingConformance("PostgreSQL", open);
  creditConformance("PostgreSQL", open);
  vectorsConformance("PostgreSQL", open);
  cfdiConformance("PostgreSQL", open);
  consentConformance("PostgreSQL", open);
});
describe("its outbox", () => {
  outboxConformance("PostgreSQL", open);
});
describe("its enrolment", () => {
  enrolmentConformance("PostgreSQL", open);
});
describe("what it explains", () => {
  explainingConformance("PostgreSQL", open);
});
describe("what the API keeps", () => {
  apiConformance("PostgreSQL", open);
});
