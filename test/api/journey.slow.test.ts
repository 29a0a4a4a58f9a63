/** The API on a real PostgreSQL server. */
import { afterAll, beforeAll } from "@jest/globals";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { openApi } from "./api-fixture.ts";
import { apiWorks } from "./journey.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => await server[Symbol.asyncDispose]());

apiWorks(async () => await openApi({ env: { DATABASE_URL: server.url(await server.newDatabase()) } }));
