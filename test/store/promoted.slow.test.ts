/** A real server that is failed over tells that it is another by now, and whoever charges asks it. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openServer } from "../../src/adapters/store/dialect/postgres/open-server.ts";
import { sharedLimitsOn } from "../../src/adapters/store/records/shared-limits.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

let server: PostgresServer;
beforeAll(async () => void (server = await startPostgres()));
afterAll(async () => await server[Symbol.asyncDispose]());

test("its timeline stays the same when it starts again, and is another one once it was promoted", async () => {
  const database = await server.newDatabase();
  /** Each on connections of its own: those that there were end with the server. */
  const timeline = async (): Promise<string | null> => {
    const orm = await openServer(database, "write");
    try {
      return await sharedLimitsOn(() => orm.em.fork()).timeline();
    } finally {
      await orm.close();
    }
  };
  expect(await timeline()).toBe("00000001");
  await server.fall();
  expect(await timeline()).toBe("00000001");
  await server.failOver();
  expect(await timeline()).toBe("00000002");
});
