/** What the driver throws, as one sentence: who must act, and whether the next tick may find it mended. */
import { expect, test } from "@jest/globals";
import { DatabaseUnusable } from "../../../../domain/errors.ts";
import { moved } from "../../records/moved.ts";
import { explainServerError, isLost, isRowHeld, wasRolledBack } from "./server-errors.ts";

const NAME = "postgres://db1/books";

type Thrown = { code?: string; message?: string; severity?: string; syscall?: string };

test.each<[string, Thrown, string, boolean, string]>([
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
  ["a name server that is silent", { code: "EAI_AGAIN" }, "name server does not answer", false, "it comes back"],
  ["a network that is gone", { code: "ENETUNREACH" }, "cannot be reached", false, "it comes back"],
  ["silence", { code: "ETIMEDOUT" }, "does not answer", false, "the network may come back"],
  ["a connection that was cut", { code: "ECONNRESET" }, "has closed the connection", false, "there is another"],
  ["a pipe that was cut", { code: "EPIPE" }, "has closed the connection", false, "there is another"],
  ["a socket that is not there", { code: "ENOENT" }, "has no such socket", true, "its folder is given wrong"],
  ["a certificate of its own", { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }, "signed itself", true, "as it says"],
  ["a chain that is cut", { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" }, "nobody known", true, "as it says"],
  ["an issuer of nobody known", { code: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY" }, "nobody known", true, "as it says"],
  ["a certificate of last year", { code: "CERT_HAS_EXPIRED" }, "has expired", true, "a new one must be put there"],
  ["a connection that failed", { code: "08006" }, "has closed the connection", false, "a class of codes: 08"],
  ["a transaction that was silent", { code: "25P03" }, "silent for too long", false, "it is done again"],
  ["a schema that is not there", { code: "3F000" }, "has no schema", true, "it must be made"],
  ["two at one moment", { code: "40001" }, "gave one up", false, "again, it goes through"],
  ["two that wait for each other", { code: "40P01" }, "gave one up", false, "again, it goes through"],
  ["no memory", { code: "53200" }, "is out of memory", false, "it is given back"],
  ["a lock of somebody else", { code: "55P03" }, "held a lock for too long", false, "it ends"],
  ["a statement that never ends", { code: "57014" }, "took too long to answer", false, "the next may not"],
  ["a server that fell", { code: "57P02" }, "it crashed, and starts again", false, "it starts again"],
  ["a limit of the server", { code: "53400" }, "has reached a limit", false, "a class of codes: 53"],
  ["no connections to this database", { code: "55000" }, "accepts no connections", false, "a person allows them again"],
  ["a database in use", { code: "55006" }, "is in use", false, "as a whole by somebody: a copy, a rename"],
  ["a database that was dropped", { code: "57P04" }, "not there any more", true, "the connection lived to tell"],
  ["another intervention", { code: "57000" }, "has closed the connection", false, "a class of codes: 57"],
  [
    "what no code of ours tells, from a server that ends the connection",
    { code: "XX000", severity: "FATAL", message: "could not load the map" },
    'ends the connection: "could not load the map"',
    false,
    "whatever it is, it was no statement of ours",
  ],
  [
    "a pooler that has none to give",
    { code: "08P01", severity: "FATAL", message: "query_wait_timeout" },
    'ends the connection: "query_wait_timeout" (08P01)',
    false,
    "it says itself what it means",
  ],
  [
    "a limit of silence",
    { code: "57P05", severity: "FATAL", message: "terminating connection due to idle-session timeout" },
    'ends the connection: "terminating connection due to idle-session timeout"',
    false,
    "as above",
  ],
  [
    "a panic",
    { code: "XX000", severity: "PANIC", message: "no" },
    'ends the connection: "no"',
    false,
    "it starts again",
  ],
  [
    "a machine that is gone",
    { code: "EHOSTDOWN", syscall: "connect" },
    "cannot be reached",
    false,
    "any connect that fails",
  ],
  [
    "no more sockets here",
    { code: "EMFILE", syscall: "connect" },
    "cannot be reached",
    false,
    "any connect that fails",
  ],
  [
    "a read whose network went",
    { code: "ENETRESET", syscall: "read" },
    "cannot be reached",
    false,
    "any socket's fault",
  ],
  ["no such name for now", { code: "EAI_FAIL", syscall: "getaddrinfo" }, "cannot be reached", false, "as above"],
  [
    "a certificate of tomorrow",
    { code: "CERT_NOT_YET_VALID" },
    "has a certificate that is refused",
    true,
    "any of TLS's",
  ],
  [
    "TLS of another kind",
    { code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION" },
    "breaks off TLS",
    false,
    "amid a change of it",
  ],
  [
    "TLS that fails at the server",
    { message: "There was an error establishing an SSL connection" },
    "breaks off TLS",
    false,
    "amid a change of it",
  ],
  ["a table that is not there", { code: "42P01" }, "lacks what Puntual made in it", true, "somebody renamed it"],
  ["a column that is not there", { code: "42703" }, "lacks what Puntual made in it", true, "or dropped it"],
  ["a function that is not there", { code: "42883" }, "lacks what Puntual made in it", true, "or restored a part"],
  ["a type that is not there", { code: "42704" }, "lacks what Puntual made in it", true, "as above"],
  ["an index that is not there", { code: "42P10" }, "lacks what Puntual made in it", true, "as above"],
  ["a server that fails within", { code: "XX000", severity: "ERROR" }, "failed within itself", false, "as it says"],
  ["TLS that breaks off", { code: "EPROTO" }, "breaks off TLS", false, "it may be amid a change of its certificate"],
  ["a disk that fails", { code: "58030" }, "check the disk of the server", false, "a class of codes: 58"],
  ["a damaged table", { code: "XX001" }, "is corrupt", false, "nothing that is set is wrong"],
  ["a damaged index", { code: "XX002" }, "has a corrupt index", false, "nothing that is set is wrong"],
  [
    "no entry for us",
    { message: "no pg_hba.conf entry for host" },
    "refuses this user or this machine",
    true,
    "as it says",
  ],
  [
    "no password",
    { message: "SASL: client password must be a string" },
    "asks for a password",
    true,
    "it must be given",
  ],
  ["no answer while connecting", { message: "timeout expired" }, "within 10 seconds", false, "it may be busy"],
  [
    "the same, of a connection that was made",
    { message: "Connection terminated due to connection timeout" },
    "within 10 seconds",
    false,
    "as above",
  ],
  [
    "a read that was given up",
    { message: "Query read timeout" },
    "does not answer",
    false,
    "the network may come back",
  ],
  [
    "a client that is broken",
    { message: "Client has encountered a connection error and is not queryable" },
    "has closed the connection",
    false,
    "there is another",
  ],
])("%s", (_name, given, said, isMisconfigured, _because) => {
  const cause = Object.assign(new Error(given.message ?? "x"), given);
  const error = explainServerError(new Error("of the mapper", { cause }), NAME);
  expect(error).toBeInstanceOf(DatabaseUnusable);
  expect(error).toMatchObject({ message: expect.stringContaining(said), isMisconfigured, isOfServer: true });
  expect(String(error)).toContain(NAME);
});

test("of several addresses that were tried, one tells; a code that nobody knows is told by its cause", () => {
  const refused = Object.assign(new Error("x"), { code: "ECONNREFUSED" });
  const tried = Object.assign(new Error("x"), { errors: [refused, new Error("y")] });
  const said = (error: unknown) => String(explainServerError(error, NAME));
  expect(said(tried)).toContain("refuses connections");
  expect(said(Object.assign(new Error("x"), { code: "EWHAT", cause: refused }))).toContain("refuses connections");
  expect(said(Object.assign(new Error("x"), { errors: [refused] }))).toContain("refuses connections");
  const none = Object.assign(new Error("x"), { errors: [], cause: refused });
  expect(said(none)).toContain("refuses connections");
  const own = Object.assign(new Error("x"), { code: 7, errors: "none" });
  expect(explainServerError(own, NAME)).toBe(own);
});

test.each(["22P02", "23514", "42601"])(
  "a statement that is wrong (%s) is no fault of the server: it is told as it is",
  (code) => {
    const own = Object.assign(new Error("x"), { code, severity: "ERROR" });
    expect(explainServerError(own, NAME)).toBe(own);
  },
);

test.each<[code: string, severity: string, message: string, because: string]>([
  ["42501", "ERROR", "permission denied for table attempt", "which right it is"],
  ["42P01", "ERROR", 'relation "attempt" does not exist', "what is not there"],
  ["53300", "FATAL", 'too many connections for role "charger"', "of whom there are too many"],
])("%s: the server's own words are told: %s, %s (%s)", (code, severity, message) => {
  const error = explainServerError(Object.assign(new Error(message), { code, severity }), NAME);
  expect(String(error)).toMatch(new RegExp(`\\(${code}: ${message}\\)$`));
});

test("a password that is wrong is told without the words of the server, which name the user", () => {
  const said = 'password authentication failed for user "charger"';
  const error = Object.assign(new Error(said), { code: "28P01", severity: "FATAL" });
  expect(String(explainServerError(error, NAME))).toMatch(/\(28P01\)$/);
});

test("the code of the fault is told where there is one", () => {
  expect(String(explainServerError(Object.assign(new Error("x"), { code: "53200" }), NAME))).toMatch(
    /memory \(53200\)$/,
  );
  expect(String(explainServerError(new Error("Connection terminated"), NAME))).toMatch(/closed the connection$/);
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
  ["57P02", false, true, "as above"],
  ["ECONNREFUSED", false, true, "as above"],
  ["EPIPE", false, true, "as above"],
  ["08006", false, true, "a class of codes: 08"],
  ["53300", false, true, "another connection ends"],
  ["EAI_AGAIN", false, true, "the name server answers again"],
  ["EHOSTUNREACH", false, true, "the network comes back"],
  ["ENETUNREACH", false, true, "as above"],
  ["40001", true, false, "as the first"],
  ["57014", false, false, "it was given up for its own length"],
  ["23505", false, false, "a rule of the tables: doing it again changes nothing"],
])("%s is done again at once: %s, on another connection: %s", (code, isRolledBack, isGone, _because) => {
  const error = new Error("of the mapper", { cause: Object.assign(new Error("x"), { code }) });
  expect([wasRolledBack(error), isLost(error)]).toEqual([isRolledBack, isGone]);
});

test.each<[error: unknown, isGone: boolean, isHeld: boolean]>([
  [new Error("of the mapper", { cause: new Error("Connection terminated unexpectedly") }), true, false],
  [new Error("Client was closed and is not queryable"), true, false],
  [new Error("x"), false, false],
  [{ message: 7 }, false, false],
  [null, false, false],
  [Object.assign(new Error("x"), { code: "55P03" }), false, true],
  [Object.assign(new Error("x"), { code: "40P01" }), false, false],
])("%p: the connection is gone: %s, somebody else holds the row: %s", (error, isGone, isHeld) => {
  expect([isLost(error), isRowHeld(error)]).toEqual([isGone, isHeld]);
});
