/** The simulation plays years on books in memory: it proves nothing unless they keep the promises of the real ones. */
import { seededRandom } from "../../src/adapters/random.ts";
import { openMemoryStore } from "../simulation/memory-store.ts";
import { NOW } from "../support/books.ts";
import { storeConformance } from "./conformance.ts";

storeConformance("memory", async () => ({
  store: openMemoryStore({ random: seededRandom(1), now: NOW }),
  close: async () => {},
}));
