/** Somebody takes rights of the daemon's user away in the middle of its charges, and gives them back later. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type PostgresServer, sql, startPostgres } from "../support/postgres-server.ts";
import { ALL_ONCE, refuseAmidCharges } from "./amid-charges.ts";

let server: PostgresServer;
beforeAll(async () => void (server = await startPostgres()));
afterAll(async () => await server[Symbol.asyncDispose]());

const LISTED = /docs\/postgresql\.md lists the rights/;
/** Twice the concurrency: those that are under way, and one more of each until its outcome is refused. */
const MOST_UNRECORDED = 8;

/** The most that are charged without it, where there is a limit: what was claimed before has its intent. */
const RIGHTS: readonly { readonly right: string; readonly so: string; readonly mostSent: number }[] = [
  { right: "insert on attempt", so: "no new intent can be written", mostSent: Infinity },
  { right: "update on attempt", so: "no outcome can be written", mostSent: MOST_UNRECORDED },
  { right: "select on all tables in schema public", so: "nothing can be read", mostSent: MOST_UNRECORDED },
];

test("nobody is charged without a record, and all once the right is given back", async () => {
  // All at once: most of their time is that of a daemon that starts.
  await Promise.all(
    RIGHTS.map(async ({ right, so, mostSent }) => {
      const database = await server.newDatabase();
      const role = `charger_${database.server.database}`;
      await sql(database, `create role ${role} login password 'hunter2'`);
      await sql(database, `grant usage, create on schema public to ${role}`);
      const url = new URL(server.url(database));
      url.username = role;
      const after = await refuseAmidCharges({
        ...{ database, url: url.href, says: LISTED },
        strike: async () => void (await sql(database, `revoke ${right} from ${role}`)),
        mend: async () => void (await sql(database, `grant ${right} to ${role}`)),
      });
      expect({ so, ...after, isFew: after.sent <= mostSent }).toMatchObject({ so, ...ALL_ONCE, isFew: true });
    }),
  );
}, 240_000);
