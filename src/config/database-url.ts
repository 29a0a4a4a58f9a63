/**
 * DATABASE_URL: a file of SQLite, or a database of a PostgreSQL server.
 *
 * Off this machine a connection is encrypted and the server's certificate checked, unless `sslmode` says otherwise: what
 * goes over it are customers and their charges.
 */
import { type PostgresDatabase, TLS_MODES, type TlsMode } from "../adapters/store/dialect/postgres/server-settings.ts";
import { Complaint } from "./complaint.ts";
import { Secret } from "./secret.ts";

/** A database in one file, or in memory for as long as the process lives. */
export type SqliteDatabase = {
  readonly kind: "sqlite";
  readonly path: string;
  /** For people. */
  readonly name: string;
};

export type Database = SqliteDatabase | PostgresDatabase;

const PARAMETERS = ["sslmode", "sslrootcert", "host", "user"];
const DEFAULT_PORT = 5432;

export function readDatabaseUrl(text: string): SqliteDatabase | Omit<PostgresDatabase, "pool"> | Complaint {
  if (/^postgres(ql)?:/.test(text)) return readPostgresUrl(text);
  if (!text.startsWith("sqlite:"))
    return new Complaint(
      'begins neither with "sqlite:" nor with "postgres:"; expected sqlite:data/puntual.db (a file), sqlite::memory:, or postgres://user:password@host/database',
    );
  const path = text.slice("sqlite:".length);
  if (path === ":memory:") return { kind: "sqlite", path, name: path };
  if (path.startsWith("///")) return { kind: "sqlite", path: path.slice(2), name: path.slice(2) };
  if (path === "" || path.startsWith("//") || /[\0?#]/.test(path) || path.endsWith("/"))
    return new Complaint(
      `"${text}" names no file; expected sqlite:data/puntual.db or sqlite:/var/lib/puntual/puntual.db`,
    );
  return { kind: "sqlite", path, name: path };
}

/** Nothing of the text is repeated: it may hold a password. */
function readPostgresUrl(text: string): Omit<PostgresDatabase, "pool"> | Complaint {
  const expected = "expected postgres://user:password@host:5432/database?sslmode=verify-full";
  const url = URL.parse(text);
  if (url === null)
    return new Complaint(
      `is no address that can be read (a password with @, : or / in it must be percent-encoded); ${expected}`,
    );
  const strange = [...url.searchParams.keys()].find((key) => !PARAMETERS.includes(key));
  if (strange !== undefined) return new Complaint(`has the parameter "${strange}"; known are ${PARAMETERS.join(", ")}`);
  const host = url.searchParams.get("host") ?? decodeURIComponent(url.hostname.replaceAll(/^\[|\]$/g, ""));
  const user = decodeURIComponent(url.username) || url.searchParams.get("user");
  const database = decodeURIComponent(url.pathname.slice(1));
  if (host === "" || user === null || user === "" || database === "" || database.includes("/")) {
    const missing = host === "" ? "host" : user === null || user === "" ? "user" : "database";
    return new Complaint(`names no ${missing}; ${expected}`);
  }
  const tls = url.searchParams.get("sslmode") ?? (isOnThisMachine(host) ? "disable" : "verify-full");
  if (!isTlsMode(tls)) return new Complaint(`has sslmode=${tls}; expected one of ${TLS_MODES.join(", ")}`);
  const port = url.port === "" ? DEFAULT_PORT : Number(url.port);
  return {
    kind: "postgres",
    name: `postgres://${host}${port === DEFAULT_PORT ? "" : `:${port}`}/${database}`,
    server: {
      ...{ host, port, user, database, tls },
      password: url.password === "" ? null : new Secret(decodeURIComponent(url.password)),
      rootCertificate: url.searchParams.get("sslrootcert"),
    },
  };
}

function isTlsMode(word: string): word is TlsMode {
  return TLS_MODES.some((mode) => mode === word);
}

function isOnThisMachine(host: string): boolean {
  return host.startsWith("/") || host === "localhost" || host === "::1" || host.startsWith("127.");
}
