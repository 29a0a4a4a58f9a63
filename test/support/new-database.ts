/**
 * A new database for a test, as the migrations make it: made once, then copied, since forty of forty-five milliseconds of
 * opening a new one go into the migrations.
 *
 * It lies in memory where the machine has a folder there, so that no test waits for a disk.
 */
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { migrate } from "../../src/adapters/store/dialect/migrate.ts";
import { openDatabase } from "../../src/adapters/store/dialect/open-database.ts";

const IN_MEMORY = "/dev/shm";
/** Where `npm test` has put the one that is only to be copied. */
const TEMPLATE = "PUNTUAL_TEST_DATABASE";

export function temporaryFolder(): string {
  return mkdtempSync(path.join(existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir(), "puntual-test-"));
}

/** Up to date, and of no installation yet. */
export async function putNewDatabase(databasePath: string): Promise<void> {
  const template = process.env[TEMPLATE];
  if (template === undefined) return await makeDatabase(databasePath);
  copyFileSync(template, databasePath);
  chmodSync(databasePath, 0o600);
}

async function makeDatabase(databasePath: string): Promise<void> {
  const connection = openDatabase(databasePath, "make");
  await migrate(connection, databasePath);
  await connection.close();
}

/** Before all tests. */
export async function makeTemplate(): Promise<void> {
  const databasePath = path.join(temporaryFolder(), "template.db");
  await makeDatabase(databasePath);
  process.env[TEMPLATE] = databasePath;
}

/** After all tests. */
export function removeTemplate(): void {
  const template = process.env[TEMPLATE];
  if (template !== undefined) rmSync(path.dirname(template), { recursive: true, force: true });
}
