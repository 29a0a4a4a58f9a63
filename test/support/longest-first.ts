/**
 * The order of the test files: the longest first, so that at the end no core waits for the one that began last. The order
 * of the names is that of their seconds; jest's own guess, the size of a file, follows for the others: it takes a
 * three-line `kill-9.slow.test.ts` for short.
 */
import { statSync } from "node:fs";
import path from "node:path";

const LONGEST: readonly string[] = [
  // npm run test:slow
  "crash/crash-matrix.slow.test.ts",
  "crash/server-faults.slow.test.ts",
  "crash/kill-9.slow.test.ts",
  "daemon/daemon.slow.test.ts",
  "store/postgres.slow.test.ts",
  "package/package.slow.test.ts",
  "planted/planted-bugs.slow.test.ts",
  "crash/postgres-nodes.slow.test.ts",
  "simulation/simulation.slow.test.ts",
  "store/many-nodes.slow.test.ts",
  "crash/stopped.slow.test.ts",
  "daemon/pm2.slow.test.ts",
  "cli/move.slow.test.ts",
  // npm test
  "simulation/simulation.test.ts",
  "store/kept-counts.test.ts",
  "store/store.test.ts",
  "crash/crash-matrix.test.ts",
  "webhooks/spare-time.test.ts",
  "application/one-bad-thing.test.ts",
  "application/preview-is-charged.test.ts",
  "application/dunning-new-card.test.ts",
  "store/dialects.test.ts",
  "application/storm.test.ts",
  "api/crash.test.ts",
  "webhooks/following.test.ts",
  "application/collect-due.test.ts",
  "cli/surroundings.test.ts",
];

type TestFile = { readonly path: string };

export default class LongestFirst {
  sort<File extends TestFile>(files: readonly File[]): File[] {
    return files
      .map((file) => ({ file, place: placeOf(file), bytes: statSync(file.path).size }))
      .toSorted((a, b) => a.place - b.place || b.bytes - a.bytes)
      .map(({ file }) => file);
  }

  /** Part of what jest asks for: nothing is remembered from one run to the next, so that every run is like every other. */
  cacheResults(): void {}
}

function placeOf(file: TestFile): number {
  const place = LONGEST.findIndex((name) => file.path.endsWith(path.normalize(`/${name}`)));
  return place === -1 ? LONGEST.length : place;
}
