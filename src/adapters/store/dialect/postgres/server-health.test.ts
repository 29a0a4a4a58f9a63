/** What the doctor is told of a server's settings. */
import { expect, test } from "@jest/globals";
import { answeringServer } from "../../../../../test/support/answering-server.ts";
import { serverHealth } from "./server-health.ts";

test("each setting by its name, with what is wanted of it; one that the server does not tell is unknown", async () => {
  const rows = [
    { name: "fsync", setting: "off" },
    { name: "full_page_writes", setting: "on" },
    { name: "server_version", setting: "18.1" },
  ];
  const { orm, values } = await answeringServer((text) => (text.includes("pg_settings") ? rows : []));
  const { settings, ...health } = await serverHealth(orm.em);
  expect(values[0]).toEqual(['["fsync","full_page_writes","server_version","synchronous_commit"]']);
  expect(settings).toEqual([
    { name: "fsync", value: "off", wanted: "on" },
    { name: "full_page_writes", value: "on", wanted: "on" },
    { name: "server_version", value: "18.1", wanted: null },
    { name: "synchronous_commit", value: "unknown", wanted: null },
  ]);
  expect(health).toEqual({
    ...{ engine: "postgres", isInMemory: false, integrityFaults: [], foreignKeyFaults: [], unreadableRows: [] },
  });
});

test("an index that is not there is a fault of the whole", async () => {
  const { orm } = await answeringServer((text) => (text.includes("pg_index") ? [{ name: "attempt_one_open" }] : []));
  expect((await serverHealth(orm.em)).integrityFaults).toEqual(["no index attempt_one_open"]);
});
