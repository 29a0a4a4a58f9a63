/** What can be wrong with a server, each as one clear sentence. */
import { BillingError, DatabaseUnusable } from "../../../../domain/errors.ts";
import { errorCode, isObject } from "../database-errors.ts";

type Fault = {
  readonly what: string;
  readonly isMisconfigured: boolean;
  /** The server's own words name the thing: a table, a limit. */
  readonly isQuoted?: boolean;
};

/** A person must change what Puntual is given, or what the server allows it. */
const settings = (what: string): Fault => ({ what, isMisconfigured: true });
/** It may pass by itself: the next tick tries again. */
const passing = (what: string): Fault => ({ what, isMisconfigured: false });

const LACKING: Fault = {
  ...settings(
    "lacks what Puntual made in it; check the search_path of its user, or restore what was dropped or renamed",
  ),
  isQuoted: true,
};
const REFUSED = settings(
  "refuses this user: check the user and password in DATABASE_URL, and the server's pg_hba.conf",
);
const NO_TLS = passing("breaks off TLS; check the certificate of the server, and sslmode in DATABASE_URL");
const SILENT = passing("does not answer; check the network and DATABASE_URL");
const UNREACHABLE = passing("cannot be reached; check the network and DATABASE_URL");

/** By SQLSTATE, or the code of a failed connection; of two letters: the class of all that are not here. */
const FAULTS: Readonly<Record<string, Fault>> = {
  ENOTFOUND: settings("cannot be found: the name of its host is unknown; check DATABASE_URL"),
  EAI_AGAIN: passing("cannot be found: the name server does not answer"),
  ECONNREFUSED: passing("refuses connections: is the server running, and is its port the one in DATABASE_URL?"),
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ETIMEDOUT: SILENT,
  ECONNRESET: passing("has closed the connection"),
  EPIPE: passing("has closed the connection"),
  EPROTO: NO_TLS,
  ENOENT: settings("has no such socket; check the folder that DATABASE_URL names, and whether the server is running"),
  SELF_SIGNED_CERT_IN_CHAIN: settings(
    "has a certificate that nobody known has signed; give sslrootcert=FILE in DATABASE_URL, or sslmode=require to encrypt without checking",
  ),
  DEPTH_ZERO_SELF_SIGNED_CERT: settings(
    "has a certificate that it signed itself; give it as sslrootcert=FILE in DATABASE_URL, or sslmode=require to encrypt without checking",
  ),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: settings(
    "has a certificate that nobody known has signed; give sslrootcert=FILE in DATABASE_URL",
  ),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: settings(
    "has a certificate that nobody known has signed; give sslrootcert=FILE in DATABASE_URL",
  ),
  CERT_HAS_EXPIRED: settings("has a certificate that has expired"),
  ERR_TLS_CERT_ALTNAME_INVALID: settings(
    "has a certificate for another name; connect by the name in it, or give sslmode=verify-ca in DATABASE_URL",
  ),
  "08": passing("has closed the connection"),
  "25006": settings(
    "is read-only, a standby or a server that was set so: nobody is charged from it; connect to the primary",
  ),
  "25P03": passing("has ended a transaction that was silent for too long; it is done again"),
  "28000": REFUSED,
  "28P01": REFUSED,
  "3D000": settings(
    "is not there: the server has no such database; make it (create database …), or check DATABASE_URL",
  ),
  "3F000": settings("has no schema for the tables: check the search_path of its user"),
  "42501": {
    ...settings("does not give its user the right to do this; docs/postgresql.md lists the rights that are needed"),
    isQuoted: true,
  },
  "42703": LACKING,
  "42704": LACKING,
  "42883": LACKING,
  "42P01": LACKING,
  "42P10": LACKING,
  "40001": passing("had two changes at the same moment, and gave one up; try again"),
  "40P01": passing("had two changes at the same moment, and gave one up; try again"),
  "53100": passing(
    "cannot grow, the disk of the server is full; nothing was charged without a record; free some space",
  ),
  "53": passing("has reached a limit of its own; see the server's log"),
  "53200": passing("is out of memory"),
  "53300": {
    ...passing("has too many connections: lower DATABASE_POOL, or raise max_connections or its user's limit"),
    isQuoted: true,
  },
  "55000": passing("accepts no connections: a person told it so (alter database … allow_connections)"),
  "55006": passing("is in use as a whole by somebody, who copies it or changes it; try again"),
  "55P03": passing("is busy: another process held a lock for too long; try again"),
  "57": passing("has closed the connection: a person or a limit of the server ended it"),
  "57014": passing("took too long to answer, and the statement was given up"),
  "57P01": passing("has closed the connection: it was shut down, or a person ended it"),
  "57P02": passing("has closed the connection: it crashed, and starts again"),
  "57P03": passing("is starting or stopping, and takes no connections yet"),
  "57P04": settings("is not there any more: the server has no such database; restore it, or check DATABASE_URL"),
  "58": passing("cannot be read or written; check the disk of the server"),
  XX: { ...passing("failed within itself; see the server's log"), isQuoted: true },
  XX001: { what: "is corrupt; restore a backup", isMisconfigured: false },
  XX002: { what: "has a corrupt index; see the server's log", isMisconfigured: false },
};

/** As a server calls what ends the connection, whatever the reason: one that takes none says nothing of our statements. */
const ENDS_CONNECTION = ["FATAL", "PANIC"];

const CLOSED = /Connection terminated|Client (?:has encountered a connection error|was closed)|Query read timeout/i;

const SOCKETS = ["connect", "read", "write", "getaddrinfo"];

/** By the beginning of a code of Node's. */
const OF_NODE: readonly (readonly [RegExp, Fault])[] = [
  [/^CERT_|^ERR_TLS_CERT/, settings("has a certificate that is refused; check it, and sslmode in DATABASE_URL")],
  [/^ERR_(?:SSL|TLS)/, NO_TLS],
];

/** What the driver says in words alone. */
const SAID: readonly (readonly [RegExp, Fault])[] = [
  [
    /server does not support SSL/i,
    settings("does not encrypt connections: turn TLS on at the server, or give sslmode=disable in DATABASE_URL"),
  ],
  [
    /no pg_hba\.conf entry/i,
    settings("refuses this user or this machine: see the server's pg_hba.conf, and sslmode in DATABASE_URL"),
  ],
  [/error establishing an SSL connection/i, NO_TLS],
  [/password must be a string/i, settings("asks for a password, and DATABASE_URL has none")],
  [/Query read timeout/i, SILENT],
  [
    /timeout exceeded when trying to connect|timeout expired|due to connection timeout/i,
    passing("does not answer within 10 seconds, or all connections of DATABASE_POOL are in use"),
  ],
  [CLOSED, passing("has closed the connection")],
];

/** The server's error in words, or the error itself when it is not one of the server's. */
export function explainServerError(error: unknown, name: string): unknown {
  if (error instanceof BillingError) return error;
  const found = faultOf(error);
  if (found === null) return error;
  const { fault, words } = found;
  const code = errorCode(error);
  const quoted = fault.isQuoted === true && words !== null ? `: ${words}` : "";
  return new DatabaseUnusable(`the database ${name} ${fault.what}${code === null ? "" : ` (${code}${quoted})`}`, {
    cause: error,
    isMisconfigured: fault.isMisconfigured,
    isOfServer: true,
  });
}

/** `words`: what the server says of it; null: it says nothing, but the connection */
type Found = { readonly fault: Fault; readonly words: string | null };

function faultOf(error: unknown): Found | null {
  for (let cause = error; isObject(cause); cause = cause["cause"]) {
    const { code, message, severity, syscall } = cause;
    const words = typeof severity === "string" && typeof message === "string" ? message : null;
    const said = SAID.find(([form]) => typeof message === "string" && form.test(message));
    if (said !== undefined) return { fault: said[1], words };
    const known =
      typeof code === "string" ? (FAULTS[code] ?? OF_NODE.find(([form]) => form.test(code))?.[1]) : undefined;
    if (known !== undefined) return { fault: known, words };
    if (ENDS_CONNECTION.some((each) => each === severity))
      return { fault: passing(`ends the connection: "${String(message)}"`), words };
    const ofClass = typeof code === "string" ? FAULTS[code.slice(0, 2)] : undefined;
    if (ofClass !== undefined) return { fault: ofClass, words };
    if (SOCKETS.some((each) => each === syscall)) return { fault: UNREACHABLE, words };
    // Of several addresses that were tried, one tells.
    const { errors } = cause;
    if (Array.isArray(errors) && errors.length > 0) return faultOf(errors[0]);
  }
  return null;
}

const LOST = [
  ...["08", "53300", "57P01", "57P02", "57P03", "ECONNRESET", "ECONNREFUSED", "EPIPE"],
  ...["EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"],
];

/** The connection is gone, or there is none yet: a moment later there may be one. What was being committed may be, or not. */
export function isLost(error: unknown): boolean {
  const code = errorCode(error);
  if (code !== null && LOST.some((each) => code.startsWith(each))) return true;
  for (let cause = error; isObject(cause); cause = cause["cause"])
    if (typeof cause["message"] === "string" && CLOSED.test(cause["message"])) return true;
  return false;
}

/** It was rolled back, and may be done again. Not where a connection was lost: whether that was committed is unknown. */
export function wasRolledBack(error: unknown): boolean {
  return ["40001", "40P01", "55P03"].includes(errorCode(error) ?? "");
}

/** Somebody else holds a lock that was waited for. */
export function isRowHeld(error: unknown): boolean {
  return errorCode(error) === "55P03";
}
