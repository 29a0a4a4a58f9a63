/** The store in memory is held to the same claims as SQLite, so that a seed lived on it means something. */
import { seededRandom } from "../../../src/adapters/random.ts";
import { storeConformance } from "../../store/conformance.ts";
import { dunningConformance } from "../../store/dunning-conformance.ts";
import { recordsConformance } from "../../store/records-conformance.ts";
import { vectorsConformance } from "../../store/vectors-conformance.ts";
import { waitingConformance } from "../../store/waiting-conformance.ts";
import { NOW } from "../../support/records.ts";
import { openMemoryStore } from "./memory-store.ts";

const open = async () => ({ store: openMemoryStore({ random: seededRandom(1), now: NOW }), close: async () => {} });

storeConformance("memory", open);
recordsConformance("memory", open);
dunningConformance("memory", open);
waitingConformance("memory", open);
vectorsConformance("memory", open);
