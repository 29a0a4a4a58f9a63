/**
 * Who asks over HTTP hangs up long before a database that is silent is given up: a monitor would learn nothing, and a light
 * that is not red in time counts as green.
 */
import { endsWithin } from "../../application/concurrency/ends-within.ts";
import { DatabaseUnusable } from "../../domain/errors.ts";

/** @param asked of the database; it goes on when its time is over @throws {DatabaseUnusable} it takes longer */
export async function inTime<T>(asked: Promise<T>, patienceMs: number): Promise<T> {
  if (await endsWithin(asked, patienceMs)) return await asked;
  throw new DatabaseUnusable(`the database does not answer within ${patienceMs / 1000} seconds`);
}
