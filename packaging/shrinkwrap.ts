/**
 * npm-shrinkwrap.json for `npm pack`: what this repository was tested with is what a merchant installs from the registry.
 *
 * npm obeys `overrides` in the root project alone, and MikroORM pins a kysely that loses a connection whenever a commit
 * fails (kysely-org/kysely#1990). A published package's shrinkwrap is obeyed everywhere, so ours is the repository's lock
 * without its development parts. (Of a tarball on disk npm does not obey it: docs/deploy.md says what to write then.)
 * Written before packing, removed after it: in the repository the lock alone counts.
 */
import { readFileSync, writeFileSync } from "node:fs";

type Entry = {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly devDependencies?: Readonly<Record<string, string>>;
};
type Lock = Readonly<Record<string, unknown>> & { readonly packages: Readonly<Record<string, Entry>> };

const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lock;
const shipped = Object.entries(lock.packages)
  .filter(([, entry]) => entry.dev !== true && entry.devOptional !== true)
  .map(([place, { devDependencies: _without, ...entry }]) => [place, entry] as const);
const text = JSON.stringify({ ...lock, packages: Object.fromEntries(shipped) }, null, 2);
writeFileSync("npm-shrinkwrap.json", `${text}\n`);
