import { describe, expect, test } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { type Config, envToConfig, languageOfTerminal, loadConfig, requireApiKey, requireNotify } from "./config.ts";
import { readEnv } from "./config/environment.ts";
import { Secret } from "./config/secret.ts";
import { VARIABLES } from "./config/variables.ts";
import { ConfigurationInvalid } from "./domain/errors.ts";
import type { Language } from "./domain/language.ts";
import { inEnglish } from "./domain/refusals.ts";

const HERE = { cwd: "/srv/puntual", isTerminal: false };
const WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIKmL\n-----END PRIVATE KEY-----";
const OTHER_WHSEC = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const NO_FILES = () => {
  throw new Error("ENOENT");
};

function tlsOf({ database }: Config): string {
  return database.kind === "postgres" ? database.server.tls : "none";
}

function configOf(
  values: Record<string, string>,
  dotEnv: string | null = null,
  files = NO_FILES as (p: string) => string,
): Config {
  return envToConfig(readEnv(values, dotEnv, files), HERE);
}

function faultsOf(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof ConfigurationInvalid)
      return error.faults.map(({ where, what }) => `${where}: ${inEnglish(what)}`);
    throw error;
  }
  return [];
}

describe("with nothing given", () => {
  test("everything has its default, and there is no key", () => {
    expect(configOf({})).toEqual({
      conekta: {
        apiKey: null,
        baseUrl: "https://api.conekta.io",
        chargeFlow: "single",
        timeoutMs: 30_000,
        pciDssLevel1: false,
        webhookPublicKeys: [],
      },
      charging: {
        concurrency: 16,
        ratePerSecond: 0,
        leaseMs: 120_000,
        rechargeQuietMs: 900_000,
        backoffMs: 60_000,
        pendingMaxHours: 72,
        minChargeCents: 300,
        maxChargesPerCustomerPerDay: 3,
        maxChargesPerRun: null,
        maxAmountCentsPerRun: null,
        reconcileOffsetsMs: [15_000, 60_000, 300_000, 1_800_000, 7_200_000, 43_200_000, 86_400_000],
      },
      proxy: null,
      database: { kind: "sqlite", path: "/srv/puntual/data/puntual.db", name: "/srv/puntual/data/puntual.db" },
      api: { ratePerSecond: 100 },
      billing: { cron: "* * * * *", timeZone: "America/Mexico_City" },
      heartbeatUrl: null,
      notify: null,
      http: { host: "127.0.0.1", port: 8080, adminToken: null },
      log: { level: "info", format: "json" },
      warnings: [],
      dangers: [],
    });
  });

  test("who needs the key is told how to give it", () => {
    expect(faultsOf(() => requireApiKey(configOf({})))).toEqual([
      expect.stringMatching(/^CONEKTA_API_KEY: missing.*\.env/),
    ]);
    expect(requireApiKey(configOf({ CONEKTA_API_KEY: "key_abc" })).reveal()).toBe("key_abc");
  });

  test("where it is needed at the start, it is one of all the faults", () => {
    const env = readEnv({ CHARGE_CONCURRENCY: "many" }, null, NO_FILES);
    const faults = faultsOf(() => envToConfig(env, { ...HERE, needsApiKey: true }));
    expect(faults.map((fault) => fault.split(/[ :]/)[0])).toEqual(["CHARGE_CONCURRENCY", "CONEKTA_API_KEY"]);
  });

  test.each(["proxy.mx:3128", "zz", "socks5://proxy.mx"])(
    "HTTPS_PROXY=%s is a fault, and is not repeated",
    (address) => {
      const [fault] = faultsOf(() => configOf({ HTTPS_PROXY: address }));
      expect(fault).toMatch(/^HTTPS_PROXY .*no proxy's address; expected one like http:/);
      expect(fault).not.toContain(address);
    },
  );

  test("the log is pretty on a terminal only", () => {
    expect(envToConfig(readEnv({}, null, NO_FILES), { ...HERE, isTerminal: true }).log.format).toBe("pretty");
  });
});

test.each<[string, string, (config: Config) => unknown, unknown, string]>([
  // variable, text, where it is in Config, value, because
  [
    "CONEKTA_BASE_URL",
    "http://127.0.0.1:4010/",
    (c) => c.conekta.baseUrl,
    "http://127.0.0.1:4010",
    "a sandbox here has no TLS; no slash at the end",
  ],
  ["CONEKTA_BASE_URL", "http://[::1]:4010", (c) => c.conekta.baseUrl, "http://[::1]:4010", "this machine, too"],
  ["CONEKTA_CHARGE_FLOW", "order_first", (c) => c.conekta.chargeFlow, "order_first", "one of two"],
  ["CONEKTA_PCI_DSS_LEVEL_1", "true", (c) => c.conekta.pciDssLevel1, true, "a declaration"],
  ["CONEKTA_TIMEOUT_MS", " 5000 ", (c) => c.conekta.timeoutMs, 5000, "blanks around a value are nobody's intent"],
  ["CHARGE_RATE_PER_SECOND", "0", (c) => c.charging.ratePerSecond, 0, "no limit"],
  ["CHARGE_CONCURRENCY", "", (c) => c.charging.concurrency, 16, "empty is not given"],
  ["MAX_CHARGES_PER_RUN", "", (c) => c.charging.maxChargesPerRun, null, "empty: no limit"],
  ["MAX_AMOUNT_CENTS_PER_RUN", "5000000", (c) => c.charging.maxAmountCentsPerRun, 5_000_000, "cents"],
  [
    "RECONCILE_SCHEDULE",
    "10s, 2m,1d",
    (c) => c.charging.reconcileOffsetsMs,
    [10_000, 120_000, 86_400_000],
    "blanks after commas",
  ],
  [
    "DATABASE_URL",
    "postgres://p:hunter2@db:5433/books",
    (c) => c.database.name,
    "postgres://db:5433/books",
    "a server",
  ],
  ["DATABASE_URL", "postgresql://p@db/b", (c) => tlsOf(c), "verify-full", "off this machine"],
  ["DATABASE_URL", "postgres://p@localhost/b", (c) => tlsOf(c), "disable", "on this machine"],
  [
    "DATABASE_URL",
    "postgres://p@db/b?sslmode=require",
    (c) => tlsOf(c),
    "require",
    "encrypted, the certificate unchecked",
  ],
  ["DATABASE_URL", "sqlite::memory:", (c) => c.database.name, ":memory:", "no file"],
  ["DATABASE_URL", "sqlite:/var/lib/p.db", (c) => c.database.name, "/var/lib/p.db", "absolute"],
  ["DATABASE_URL", "sqlite:///var/lib/p.db", (c) => c.database.name, "/var/lib/p.db", "absolute, written as an URL"],
  ["BILLING_CRON", "0 */5 9-17 * jan,feb mon-fri", (c) => c.billing.cron, "0 */5 9-17 * jan,feb mon-fri", "six fields"],
  ["BILLING_CRON", "0 0 29 2 *", (c) => c.billing.cron, "0 0 29 2 *", "rare, and a day"],
  ["BILLING_TIME_ZONE", "America/Tijuana", (c) => c.billing.timeZone, "America/Tijuana", "an IANA zone"],
  ["HTTP_PORT", "", (c) => c.http, null, "empty: the daemon listens nowhere"],
  ["HTTP_PORT", "0", (c) => c.http?.port, 0, "any free port"],
  ["HTTP_HOST", "::1", (c) => c.http?.host, "::1", "loopback needs no token"],
  ["LOG_FORMAT", "pretty", (c) => c.log.format, "pretty", "said explicitly"],
  ["HEARTBEAT_URL", "https://hc.example/abc", (c) => c.heartbeatUrl?.reveal(), "https://hc.example/abc", "an address"],
])("%s=%j", (name, text, read, expected, _because) => {
  expect(read(configOf({ [name]: text }))).toEqual(expected);
});

describe("whom events are told", () => {
  const URL = "https://shop.example/told";

  test.each([
    [URL, WHSEC, [WHSEC]],
    ["http://127.0.0.1:9000/told?key=1", WHSEC, [WHSEC]],
    ["http://localhost:9000", `${WHSEC}  ${OTHER_WHSEC}`, [WHSEC, OTHER_WHSEC]],
    [URL, `${WHSEC},${OTHER_WHSEC}`, [WHSEC, OTHER_WHSEC]],
  ])("%s, signed with %s", (url, text, secrets) => {
    const { notify } = configOf({ NOTIFY_URL: url, NOTIFY_SECRET: text });
    expect(notify?.url.reveal()).toBe(url);
    expect(notify?.secrets.map((secret) => secret.reveal())).toEqual(secrets);
    expect(JSON.stringify(notify)).not.toContain("shop");
    expect(JSON.stringify(notify)).not.toContain(WHSEC);
  });

  test("may come from files", () => {
    const files: Record<string, string> = { "/url": `${URL}\n`, "/secret": `${WHSEC}\n` };
    const env = { NOTIFY_URL_FILE: "/url", NOTIFY_SECRET_FILE: "/secret" };
    expect(configOf(env, null, (path) => files[path] ?? "").notify?.url.reveal()).toBe(URL);
  });

  test("is nobody without an address, and whoever puts events up is told so", () => {
    expect(configOf({ NOTIFY_SECRET: WHSEC }).notify).toBeNull();
    expect(faultsOf(() => requireNotify(configOf({})))).toEqual([expect.stringMatching(/^NOTIFY_URL: missing/)]);
  });
});

test.each<[string, string, RegExp, string]>([
  // variable, text, complaint, because
  ["CONEKTA_API_KEY", PEM, /is a PEM.* which begins with key_$/, "a key of another kind"],
  ["ADMIN_TOKEN", PEM, /is a PEM.* make a token with: openssl rand -hex 32$/, "a key of another kind"],
  ["NOTIFY_SECRET", PEM, /is a PEM.* make one with: echo/, "a key of another kind"],
  ["CONEKTA_API_KEY", 'key_abc" ', /has a character no key has/, "copied with a quote"],
  ["CONEKTA_BASE_URL", "http://api.conekta.io", /unencrypted; write https:/, "the key would travel in the clear"],
  ["CONEKTA_BASE_URL", "http://127.0.0.1.evil.mx", /unencrypted/, "only looks like this machine"],
  ["CONEKTA_BASE_URL", "api.conekta.io", /expected an address like/, "no protocol"],
  [
    "CONEKTA_BASE_URL",
    "https://key_abc:@api.conekta.io",
    /contains a user or password/,
    "a key in an address gets logged",
  ],
  ["CONEKTA_CHARGE_FLOW", "order-first", /expected single or order_first; did you mean order_first\?/, "near miss"],
  [
    "CONEKTA_TIMEOUT_MS",
    "30s",
    /"30s" given, expected a whole number from 100 to 300000 \(milliseconds\), like 30000/,
    "a unit",
  ],
  ["CONEKTA_TIMEOUT_MS", "30,000", /write it without separators: 30000/, "a separator"],
  ["CONEKTA_TIMEOUT_MS", "1e4", /expected a whole number/, "no exponents"],
  ["CONEKTA_TIMEOUT_MS", "-1", /expected a whole number/, "negative"],
  ["CHARGE_CONCURRENCY", "0", /from 1 to 1000/, "nobody would charge"],
  ["CHARGE_RATE_PER_SECOND", "2.5", /expected a whole number/, "fraction"],
  ["CONEKTA_PCI_DSS_LEVEL_1", "yes", /expected true or false/, "a declaration is made in one way"],
  ["DATABASE_URL", "postgres://puntual@/puntual", /no address that can be read/, "no host"],
  ["DATABASE_URL", "postgres://db/puntual", /names no user/, "no user"],
  ["DATABASE_URL", "postgres://puntual@db", /names no database/, "no database"],
  [
    "DATABASE_URL",
    "postgres://puntual@db/puntual?sslmode=prefer",
    /sslmode=prefer; expected one of/,
    "encrypted, or not",
  ],
  ["DATABASE_URL", "postgres://puntual@db/puntual?ssl=true", /has the parameter "ssl"/, "a driver's own parameter"],
  ["DATABASE_POOL", "1", /from 3 to 200/, "the heartbeat needs a connection beside a transaction's"],
  ["DATABASE_URL", "data/puntual.db", /begins neither with "sqlite:"/, "a bare path"],
  ["DATABASE_URL", "sqlite:", /names no file/, "empty path"],
  ["DATABASE_URL", "sqlite://data/puntual.db", /names no file/, "a host, not a folder"],
  ["BILLING_CRON", "* * * *", /has 4 fields, expected 5/, "one field short"],
  ["BILLING_CRON", "60 * * * *", /"60" in .* is no minute; expected 0 to 59/, "out of range"],
  ["BILLING_CRON", "*/0 * * * *", /is no minute/, "a step of nothing"],
  ["BILLING_CRON", "0 0 31 2 *", /never fires/, "the daemon would end with 1 and be started again for ever"],
  ["BILLING_CRON", "0 0 30 feb *", /never fires/, "names are months, too"],
  ["BILLING_CRON", "* * * * lunes", /is no day of the week/, "names are English"],
  ["BILLING_TIME_ZONE", "America/Mexico", /did you mean America\/Mexico_City|expected a zone/, "no such zone"],
  ["BILLING_TIME_ZONE", "-06:00", /expected a zone of the IANA database/, "an offset follows nobody's clocks"],
  ["RECONCILE_SCHEDULE", "15s,1x", /"1x" in "15s,1x": expected a whole number and s, m, h or d/, "unit"],
  ["RECONCILE_SCHEDULE", "5m,60s", /"60s" .* is not later than the one before it/, "ascending"],
  ["RECONCILE_SCHEDULE", "1m,60s", /is not later/, "twice the same"],
  ["RECONCILE_SCHEDULE", "31d", /up to 30d/, "too far"],
  [
    "LEASE_MS",
    "59999",
    /less than twice CONEKTA_TIMEOUT_MS \(30000\).*at least 60000/,
    "a charge under way would be claimed again",
  ],
  ["CONEKTA_TIMEOUT_MS", "61000", /LEASE_MS: 120000 is less than twice/, "the same from the other side"],
  ["RECHARGE_QUIET_MS", "29999", /less than CONEKTA_TIMEOUT_MS/, "the first call may still arrive"],
  ["MIN_CHARGE_CENTS", "3.00", /expected a whole number/, "cents, not pesos"],
  ["MAX_CHARGES_PER_RUN", "0", /empty for no limit/, "a limit that stops everything is a mistake"],
  ["HEARTBEAT_URL", "hc.example/abc", /is not an address/, "no protocol"],
  ["NOTIFY_URL", "shop.example/told", /is not an address/, "no protocol"],
  ["NOTIFY_URL", "http://shop.example/told", /unencrypted; write https:/, "names and e-mails in the clear"],
  ["NOTIFY_URL", "http://127.0.0.1.evil.mx/told", /unencrypted/, "only looks like this machine"],
  ["NOTIFY_URL", "https://me:pass@shop.example/told", /contains a user or password/, "the secret shows who calls"],
  [
    "NOTIFY_URL",
    "https://shop.example/told",
    /NOTIFY_SECRET: missing.*echo "whsec_\$\(openssl/,
    "who would believe it",
  ],
  ["NOTIFY_SECRET", "hunter2hunter2hunter2", /is not whsec_ and base64; make one with: echo/, "made by hand"],
  ["NOTIFY_SECRET", "whsec_@@@", /is not whsec_ and base64/, "no base64"],
  ["NOTIFY_SECRET", " , ,", /has no secret in it; make one with: echo/, "messages would go out unsigned"],
  ["NOTIFY_SECRET", "whsec_", /is not whsec_ and base64/, "nothing behind it"],
  ["NOTIFY_SECRET", "whsec_aHVudGVyMg==", /has 7 bytes, expected 24 to 64/, "guessable"],
  ["NOTIFY_SECRET", `${WHSEC} whsec_aHVudGVyMg==`, /the 2\. of 2 has 7 bytes/, "each of several is judged"],
  [
    "HTTP_HOST",
    "0.0.0.0",
    /ADMIN_TOKEN: missing, and HTTP_HOST=0\.0\.0\.0 is open to other machines/,
    "metrics for everyone",
  ],
  ["HTTP_HOST", "localhost:80", /ADMIN_TOKEN|host name or address/, "the port has its own variable"],
  ["HTTP_PORT", "65536", /from 0 to 65535/, "no such port"],
  ["ADMIN_TOKEN", "hunter2", /has 7 characters, expected at least 8/, "guessable"],
  ["LOG_LEVEL", "verbose", /expected error or warn or info or debug/, "no such level"],
])("%s=%j is refused", (name, text, complaint, _because) => {
  expect(faultsOf(() => configOf({ [name]: text })).join("\n")).toMatch(complaint);
});

test.each<[Record<string, string>, RegExp, string]>([
  // given, the one fault, because
  [
    { NOTIFY_URL: "https://shop.example/told", NOTIFY_SECRET: "whsec_@@@" },
    /^NOTIFY_SECRET \(environment\): what was given is not whsec_/,
    "it is not missing",
  ],
  [
    { NOTIFY_URL: "https://shop.example/told", NOTIFY_SECRET: "," },
    /^NOTIFY_SECRET \(environment\): what was given has no secret/,
    "a comma signs nothing",
  ],
  [
    { NOTIFY_URL: "https://shop.example/told", NOTIFY_SECRET_FILE: "/nowhere" },
    /^NOTIFY_SECRET_FILE \(environment\): "\/nowhere" cannot be read/,
    "its file is to be mended",
  ],
  [
    { HTTP_HOST: "0.0.0.0", ADMIN_TOKEN: "hunter2" },
    /^ADMIN_TOKEN \(environment\): what was given has 7 characters/,
    "the same with another secret",
  ],
])("%j is one fault, told once", (given, fault) => {
  expect(faultsOf(() => configOf(given))).toEqual([expect.stringMatching(fault)]);
});

test("every fault is told at once, with where it came from, and ends with exit code 78", () => {
  const act = () => configOf({ LEASE_MS: "x", HTTP_PORT: "http" }, "CHARGE_CONCURRENCY=many\nLOG_LEVEL=loud\n");
  expect(faultsOf(act).map((fault) => fault.split(":")[0])).toEqual([
    "CHARGE_CONCURRENCY (.env)",
    "LEASE_MS (environment)",
    "HTTP_PORT (environment)",
    "LOG_LEVEL (.env)",
  ]);
  expect(act).toThrow(expect.objectContaining({ name: "ConfigurationInvalid" }));
});

describe("secrets", () => {
  const KEY = "key_Zq1vXo2nD7yT";

  test.each<[string, (config: Config) => string]>([
    ["JSON", (config) => JSON.stringify(config)],
    ["inspect", (config) => inspect(config, { depth: 9, showHidden: true })],
    ["a template", (config) => `key: ${String(config.conekta.apiKey)}`],
    ["its entries", ({ conekta }) => JSON.stringify(Object.entries(conekta.apiKey ?? {}))],
  ])("are not shown by %s", (_way, show) => {
    const config = configOf({ CONEKTA_API_KEY: KEY });
    expect(show(config)).not.toContain(KEY.slice(4));
    expect(config.conekta.apiKey?.reveal()).toBe(KEY);
  });

  test("are not repeated by faults", () => {
    const wrong = {
      CONEKTA_API_KEY: "hunter2 hunter2",
      ADMIN_TOKEN: "hunter2",
      HEARTBEAT_URL: "hunter2",
      NOTIFY_URL: "http://hunter2.example/hunter2",
      NOTIFY_SECRET: "hunter2 whsec_hunter2",
      DATABASE_URL: "postgres://u:hunter2@h/d?sslmode=hunter",
    };
    const faults = faultsOf(() => configOf({ ...wrong, CONEKTA_BASE_URL: "ftp://u:hunter2@h" }));
    expect(faults).toHaveLength(7);
    expect(faults.join("\n")).not.toContain("hunter2");
  });

  test("may stand in a file, whose last line break is not part of them", () => {
    const config = configOf({ CONEKTA_API_KEY_FILE: "/run/secrets/key" }, null, (path) =>
      `${KEY}\n`.repeat(path === "/run/secrets/key" ? 1 : 0),
    );
    expect(config.conekta.apiKey?.reveal()).toBe(KEY);
  });

  test("in a file that cannot be read, or is empty, are a fault", () => {
    expect(faultsOf(() => configOf({ CONEKTA_API_KEY_FILE: "/nowhere" }))).toEqual([
      expect.stringMatching(/^CONEKTA_API_KEY_FILE \(environment\): "\/nowhere" cannot be read/),
    ]);
    expect(faultsOf(() => configOf({ ADMIN_TOKEN_FILE: "/empty" }, null, () => "\n"))).toEqual([
      expect.stringMatching(/"\/empty" is empty/),
    ]);
  });

  test("given both ways are a fault, in one place; the process wins over .env", () => {
    expect(faultsOf(() => configOf({ CONEKTA_API_KEY: KEY, CONEKTA_API_KEY_FILE: "/k" }))).toEqual([
      expect.stringMatching(/CONEKTA_API_KEY is given as well; keep one/),
    ]);
    expect(configOf({ CONEKTA_API_KEY: KEY }, "CONEKTA_API_KEY_FILE=/nowhere").conekta.apiKey?.reveal()).toBe(KEY);
    expect(
      configOf({ CONEKTA_API_KEY_FILE: "/k" }, "CONEKTA_API_KEY=key_old", () => KEY).conekta.apiKey?.reveal(),
    ).toBe(KEY);
  });
});

test.each([
  // process, .env, warnings, because
  [
    { CONEKTA_API_KYE: "x" },
    "",
    [/CONEKTA_API_KYE \(environment\) is unknown.*did you mean CONEKTA_API_KEY\?/],
    "letters swapped",
  ],
  [{}, "LOG_LEVLE=info", [/LOG_LEVLE \(\.env\).*did you mean LOG_LEVEL\?/], "in .env every name is meant for us"],
  [{ NOTIFY_ULR: "https://a.example" }, "", [/did you mean NOTIFY_URL\?/], "a wish must not look obeyed"],
  [{ HTTP_PROXY: "http://x", HOME: "/root", LOG_LEVLE: "info" }, "", [], "the process has variables of others"],
  [{ CONEKTA_API_KEY_FILE: "/k" }, "", [], "known, too"],
] as const)("warnings about %j and %j", (processEnv, dotEnv, expected, _because) => {
  const { warnings } = configOf({ ...processEnv }, dotEnv, () => "key_abc");
  expect(warnings).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
});

const LOOPBACK = "localhost,127.0.0.1,[::1]";
test.each([
  // environment, proxy, because
  [{}, null, "most machines have none"],
  [{ NO_PROXY: "a.example" }, null, "an exception from nothing"],
  [
    { HTTPS_PROXY: "http://p:1", NO_PROXY: "a.example" },
    { httpProxy: "", httpsProxy: "http://p:1", noProxy: `a.example,${LOOPBACK}` },
    "Conekta is called by https",
  ],
  [
    { http_proxy: "http://p:1" },
    { httpProxy: "http://p:1", httpsProxy: "http://p:1", noProxy: LOOPBACK },
    "in small letters, and for both where it is the only one",
  ],
])("the proxy of %j is %j: %s", (env, proxy, _because) => {
  expect(configOf(env, "").proxy).toEqual(proxy);
});

function faultsIn(read: () => unknown): string {
  try {
    read();
    return "";
  } catch (error) {
    return String(error);
  }
}

test.each([
  // .env, fault, because
  ["\uFEFFCONEKTA_API_KEY=key_a", /byte-order mark/, "the first name would be another one"],
  [
    "DATABASE_URL=sqlite:data/gym#1.db",
    /DATABASE_URL \(\.env\).*# that begins a comment/,
    "the path would end at the #",
  ],
  ["ADMIN_TOKEN=#0123456789abcdef", /ADMIN_TOKEN \(\.env\)/, "the token would be empty"],
  ['ADMIN_TOKEN="0123456789abcdef#1"', null, "in quotes it is text"],
  ["ADMIN_TOKEN='0123456789abcdef#1' # ours", null, "and what follows them a comment"],
  ["LOG_LEVEL=info # quiet#er", null, "a space before it: a comment, as everybody means it"],
  ["HTTP_PORT= # off", null, "nothing, and a comment"],
  ["# all of it is#a comment\nLOG_LEVEL=info", null, "no assignment"],
])("%j in .env: %p (%s)", (dotEnv, fault, _because) => {
  expect(faultsIn(() => configOf({ CONEKTA_API_KEY: "key_abc" }, dotEnv))).toMatch(fault ?? /^$/);
});

test("loadConfig reads .env of the folder, and the process wins", () => {
  const folder = mkdtempSync(join(tmpdir(), "puntual-config-"));
  try {
    writeFileSync(join(folder, ".env"), "BILLING_CRON='*/5 * * * *' # every five minutes\nADMIN_TOKEN_FILE=token\n");
    writeFileSync(join(folder, "token"), "0123456789abcdef\n");
    const config = loadConfig({ cwd: folder });
    expect(config.billing.cron).toBe("*/5 * * * *");
    expect(config.http?.adminToken).toBeInstanceOf(Secret);
    expect(config.database.name).toBe(join(folder, "data/puntual.db"));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe("config/example.env", () => {
  const text = readFileSync(join(import.meta.dirname, "../config/example.env"), "utf8");
  const assignments = new Map(
    [...text.matchAll(/^#([A-Z][A-Z0-9_]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );

  test("names the same variables as the code", () => {
    expect([...assignments.keys()].toSorted()).toEqual(Object.keys(VARIABLES).toSorted());
  });

  test.each(Object.entries<{ readonly default: string | null }>(VARIABLES))(
    "shows the default of %s",
    (name, variable) => {
      const expected = name === "CONEKTA_API_KEY" ? "key_..." : (variable.default ?? "");
      expect(assignments.get(name)).toBe(expected);
    },
  );

  test("is valid with every line in force", () => {
    const everything = text.replaceAll(/^#(?=[A-Z][A-Z0-9_]+=)/gm, "").replace("key_...", "key_abc");
    expect(configOf({}, everything)).toEqual({ ...configOf({ CONEKTA_API_KEY: "key_abc" }), warnings: [] });
  });
});

describe("the language of the terminal", () => {
  test.each<[Readonly<Record<string, string>>, Language, string]>([
    [{}, "en", "nobody says"],
    [{ LANG: "es_MX.UTF-8" }, "es", "as most terminals in Mexico have it"],
    [{ LANG: "es" }, "es", "short"],
    [{ LANG: "en_US.UTF-8" }, "en", "as it says"],
    [{ LANG: "C.UTF-8" }, "en", "no language at all"],
    [{ LANG: "est_EE" }, "en", "another language that begins like Spanish"],
    [{ LC_ALL: "en_US.UTF-8", LANG: "es_MX.UTF-8" }, "en", "LC_ALL counts most"],
    [{ LC_ALL: "", LC_MESSAGES: "es_MX.UTF-8", LANG: "en_US.UTF-8" }, "es", "an empty one says nothing"],
  ])("%j is %s: %s", (env, language, _because) => {
    expect(languageOfTerminal(env)).toBe(language);
  });
});
