import { rmSync } from "node:fs";
import path from "node:path";
import { afterAll } from "@jest/globals";
import { seededRandom } from "../../src/adapters/random.ts";
import { openSqliteStore } from "../../src/adapters/store/store.ts";
import { NOW } from "../support/records.ts";
import { putNewDatabase, temporaryFolder } from "../support/new-database.ts";
import { apiConformance } from "./api-conformance.ts";
import { enrolmentConformance } from "./enrolment-conformance.ts";
import { storeConformance } from "./conformance.ts";
import { outboxConformance } from "./outbox-conformance.ts";
import { explainingConformance } from "./explaining-conformance.ts";
import { recordsConformance } from "./records-conformance.ts";
import { waitingConformance } from "./waiting-conformance.ts";

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
async function open() {
  const databasePath = path.join(folder, `${(files += 1)}.db`);
  await putNewDatabase(databasePath);
  const store = await openSqliteStore({
    databasePath,
    random: seededRandom(files),
    now: NOW,
    exclusive: true,
    access: "make",
  });
  return { store, close: () => store.close() };
}

storeConformance("SQLite", open);
recordsConformance("SQLite", open);
waitingConformance("SQLite", open);
outboxConformance("SQLite", open);
enrolmentConformance("SQLite", open);
explainingConformance("SQLite", open);
apiConformance("SQLite", open);
