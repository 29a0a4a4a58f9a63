/** What the driver throws, as one sentence: who must act, and whether the next tick may find it mended. */
import { expect, test } from "@jest/globals";
import { DatabaseUnusable } from "../../../../domain/errors.ts";
import { moved } from "../../records/moved.ts";
import { explainServerError, isLost, wasRolledBack } from "./server-errors.ts";

const NAME = "postgres://db1/books";

test.each<[string, { code?: string; message?: string }, string, boolean, string]>([
  // name, what is thrown, what is said, is it for a person to mend, because
  ["an unknown host", { code: "ENOTFOUND" }, "the name of its host is unknown", true, "it is written wrong"],
  ["nobody listens", { code: "ECONNREFUSED" }, "refuses connections", false, "the server may be starting"],
  ["no way there", { code: "EHOSTUNREACH" }, "cannot be reached", false, "the network may come back"],
  ["a password that is wrong", { code: "28P01" }, "refuses this user", true, "it is given wrong"],
  ["no such database", { code: "3D000" }, "has no such database", true, "it must be made"],
  ["a right that is missing", { code: "42501" }, "docs/postgresql.md lists the rights", true, "it must be granted"],
  ["a standby", { code: "25006" }, "is read-only", true, "it never charges"],
  [
    "no TLS there",
    { message: "The server does not support SSL connections" },
    "sslmode=disable",
    true,
    "one of both must change",
  ],
  ["a certificate of nobody known", { code: "SELF_SIGNED_CERT_IN_CHAIN" }, "give sslrootcert=FILE", true, "as it says"],
  ["a certificate of another name", { code: "ERR_TLS_CERT_ALTNAME_INVALID" }, "sslmode=verify-ca", true, "as it says"],
  ["too many connections", { code: "53300" }, "lower DATABASE_POOL", false, "others may go"],
  [
    "a pool that is used up",
    { message: "timeout exceeded when trying to connect" },
    "all connections of DATABASE_POOL",
    false,
    "they come back",
  ],
  ["a full disk", { code: "53100" }, "the disk of the server is full", false, "it is freed there"],
  ["a server that starts", { code: "57P03" }, "is starting or stopping", false, "a moment later it has"],
  ["a connection that a person ended", { code: "57P01" }, "has closed the connection", false, "there is another"],
])("%s", (_name, given, said, isMisconfigured, _because) => {
  const cause = Object.assign(new Error(given.message ?? "x"), given);
  const error = explainServerError(new Error("of the mapper", { cause }), NAME);
  expect(error).toBeInstanceOf(DatabaseUnusable);
  expect(error).toMatchObject({ message: expect.stringContaining(said), isMisconfigured, isOfServer: true });
  expect(String(error)).toContain(NAME);
});

test("a database that was moved says so itself: no server takes that back", () => {
  const error = moved(NAME, "postgres://db2/books");
  expect(explainServerError(error, NAME)).toBe(error);
  expect(error).toMatchObject({ isMisconfigured: true, isOfServer: false });
});

test("what is none of the server's is left as it is", () => {
  const bug = new TypeError("x is not a function");
  expect(explainServerError(bug, NAME)).toBe(bug);
});

test.each<[string, boolean, boolean, string]>([
  // code, was it rolled back for sure, is the connection gone, because
  ["40P01", true, false, "one of two that waited for each other was given up"],
  ["55P03", true, false, "it waited for too long"],
  ["57P01", false, true, "the commit may have been done before"],
  ["ECONNRESET", false, true, "as above"],
  ["57P03", false, true, "the server comes back"],
  ["23505", false, false, "a rule of the tables: doing it again changes nothing"],
])("%s is done again at once: %s, on another connection: %s", (code, isRolledBack, isGone, _because) => {
  const error = new Error("of the mapper", { cause: Object.assign(new Error("x"), { code }) });
  expect([wasRolledBack(error), isLost(error)]).toEqual([isRolledBack, isGone]);
});
