/** How a server is spoken to: encrypted or not, and whose certificate is believed. */
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "@jest/globals";
import { temporaryFolder } from "../../../../../test/support/new-database.ts";
import { ANSWERING, answeringServer } from "../../../../../test/support/answering-server.ts";
import { isEmpty, tlsOf } from "./open-server.ts";
import type { TlsMode } from "./server-settings.ts";

const of = (tls: TlsMode, rootCertificate: string | null = null) =>
  tlsOf({ ...ANSWERING, server: { ...ANSWERING.server, tls, rootCertificate } });

test.each<[tls: TlsMode, wanted: object | false, because: string]>([
  ["disable", false, "not at all"],
  ["require", { rejectUnauthorized: false }, "encrypted, whoever answers"],
  [
    "verify-ca",
    { rejectUnauthorized: true, checkServerIdentity: expect.any(Function) },
    "by a known hand, of any name",
  ],
  ["verify-full", { rejectUnauthorized: true }, "by a known hand, of this name"],
])("%s is %j (%s)", (tls, wanted) => {
  const found = of(tls);
  expect(found).toEqual(wanted);
  // Any name will do.
  expect(found === false ? undefined : found.checkServerIdentity?.("x", {} as never)).toBe(undefined);
});

test("a certificate that is given is the one that is believed; one that cannot be read is named", () => {
  const folder = temporaryFolder();
  const file = path.join(folder, "ca.pem");
  writeFileSync(file, "PEM");
  for (const tls of ["require", "verify-ca", "verify-full"] as const)
    expect(of(tls, file)).toMatchObject({ ca: "PEM" });
  expect(of("disable", path.join(folder, "none"))).toBe(false);
  expect(() => of("verify-full", path.join(folder, "none"))).toThrow(/sslrootcert=.*none cannot be read/);
  rmSync(folder, { recursive: true });
});

test.each<[empty: boolean, rows: object[], because: string]>([
  [true, [], "there is not even the table of migrations"],
  [true, [{ one: 1 }], "nothing was migrated"],
])("a database is empty: %s (%s, %#)", async (empty, rows) => {
  const { orm } = await answeringServer((text) => (text.includes("to_regclass") ? (rows as never) : []));
  expect(await isEmpty(orm)).toBe(empty);
});

test("one that was migrated is not empty", async () => {
  const { orm } = await answeringServer((text) => (/to_regclass|mikro_orm/.test(text) ? [{ name: "m" }] : []));
  expect(await isEmpty(orm)).toBe(false);
});
