/** The store in memory is held to the same claims as SQLite, so that a seed lived on it means something. */
import { describe } from "@jest/globals";
import { seededRandom } from "../../../src/adapters/random.ts";
import { storeConformance } from "../../store/conformance.ts";
import { dunningConformance } from "../../store/dunning-conformance.ts";
import { recordsConformance } from "../../store/records-conformance.ts";
import { vectorsConformance } from "../../store/vectors-conformance.ts";
import { waitingConformance } from "../../store/waiting-conformance.ts";
import { NOW } from "../../support/records.ts";
import { openMemoryStore } from "./memory-store.ts";

const open = async () => ({ store: openMemoryStore({ random: seededRandom(1), now: NOW }), close: async () => {} });

// Each apart, or each would open its store before the tests of all.
describe.each([
  ["the store", storeConformance],
  ["the records", recordsConformance],
  ["dunning", dunningConformance],
  ["what waits for an invoice", waitingConformance],
  ["vectors of invoices", vectorsConformance],
])("%s", (_, suite) => {
  suite("memory", open);
});
