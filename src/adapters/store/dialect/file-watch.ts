/**
 * Whether the files that were opened are still the ones at their paths.
 *
 * A database that is moved, deleted or replaced under a running process stays open to it, lock and all: a second process
 * would open the new file beside it, and both would charge.
 */
import { realpathSync, statSync } from "node:fs";
import { DatabaseUnusable } from "../../../domain/errors.ts";

/** @returns what checks it @throws {DatabaseUnusable} one of them is not there any more, or is another file */
export function watchFiles(databasePath: string): () => void {
  const opened = [databasePath, `${realpathSync(databasePath)}.lock`].map((path) => ({ path, id: identityOf(path) }));
  return () => {
    const lost = opened.find(({ path, id }) => identityOf(path) !== id);
    if (lost !== undefined)
      throw new DatabaseUnusable(
        `${lost.path} was moved, deleted or replaced while this process had it open: it charges nothing more. Put the ` +
          "file back that it had, or restore a backup, before anything is started",
        { isMisconfigured: true },
      );
  };
}

function identityOf(path: string): string | null {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? null : `${stats.dev} ${stats.ino}`;
}
