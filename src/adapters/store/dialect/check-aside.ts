/**
 * SQLite's quick check of a large file, beside the process: in its own thread and by a connection that only reads, so that
 * a gigabyte that is read to its end stops no timer, no webhook and no charge.
 */
import module from "node:module";
import { Worker } from "node:worker_threads";

/** As text, so that it runs from TypeScript and from the package alike. */
const CHECK = `
const { parentPort, workerData } = require("node:worker_threads");
const Database = require(workerData.driver);
const database = new Database(workerData.path, { readonly: true });
let answer;
try {
  answer = { rows: database.pragma("quick_check(3)").map((row) => String(Object.values(row)[0])) };
} catch (error) {
  answer = { code: String(error.code), message: String(error.message) };
} finally {
  database.close();
}
// Whoever hears it may want the file for himself.
parentPort.postMessage(answer);`;

type Answer = { readonly rows: readonly string[] } | { readonly code: string; readonly message: string };

/** @returns what is wrong, or the one word "ok" @throws {Error} with SQLite's code: it cannot even be read */
export async function checkAside(databasePath: string): Promise<readonly string[]> {
  const driver = module.createRequire(import.meta.url).resolve("better-sqlite3");
  const worker = new Worker(CHECK, { eval: true, workerData: { driver, path: databasePath } });
  // Whoever ends meanwhile does not wait for it.
  worker.unref();
  const answer = await new Promise<Answer>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the check of the database ended without an answer")));
  });
  if ("rows" in answer) return answer.rows;
  throw Object.assign(new Error(answer.message), { code: answer.code });
}
