/**
 * Whether the pool outlives a commit that fails: kysely before 0.29.9 loses the connection for ever, and with the last one
 * every later query. MikroORM pins such a one, so the version that it really finds is looked at.
 *
 * @see kysely-org/kysely#1990 (read 2026-11-28)
 */
import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { DatabaseUnusable } from "../../../../domain/errors.ts";

const HEALS = "0.29.9";

/** @throws {DatabaseUnusable} it does not; the message says what to write where */
export function mustHealItsPool(version: string = installedVersion()): void {
  if (isAtLeast(version, HEALS)) return;
  throw new DatabaseUnusable(
    `PostgreSQL needs kysely ${HEALS}, and MikroORM finds ${version} here, which loses a connection whenever a commit fails; ` +
      `write "overrides": { "kysely": "${HEALS}" } into the package.json of your own folder, and install again`,
    { isMisconfigured: true },
  );
}

function installedVersion(): string {
  const manifest = findPackageJSON("kysely", import.meta.resolve("@mikro-orm/sql")) ?? "";
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string };
  return version;
}

function isAtLeast(version: string, needed: string): boolean {
  const [is, needs] = [version, needed].map((text) => text.split(".").map((part) => Number.parseInt(part, 10)));
  for (const [index, part] of (needs ?? []).entries()) {
    const difference = (is?.[index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
