/**
 * A database that was moved elsewhere says so: what it holds may be read, and nothing is written or charged from it.
 *
 * The mark is on both databases while one is copied into the other, so that at no moment two of them charge.
 */
import { DatabaseUnusable } from "../../../domain/errors.ts";
import { textOrNull } from "../dialect/codec.ts";
import { all, type Connected, run } from "../dialect/sql.ts";

/** Of a copy that is not whole. */
const UNFINISHED = "unfinished copy of ";
export const GIVEN_UP = "given up";
const ARCHIVE = "archive of ";

export function unfinishedCopyOf(installationId: string): string {
  return UNFINISHED + installationId;
}

export function archiveOf(installationId: string): string {
  return ARCHIVE + installationId;
}

export async function readMovedTo(em: Connected): Promise<string | null> {
  const [row] = await all(em, "select moved_to from installation");
  return row === undefined ? null : textOrNull(row, "moved_to");
}

export async function markMoved(em: Connected, movedTo: string | null): Promise<void> {
  await run(em, "update installation set moved_to = ?", [movedTo]);
}

/** @throws {DatabaseUnusable} nothing may be written to it any more */
export async function mustNotBeMoved(em: Connected, name: string): Promise<void> {
  const movedTo = await readMovedTo(em);
  if (movedTo !== null) throw moved(name, movedTo);
}

export function moved(name: string, movedTo: string): DatabaseUnusable {
  if (movedTo.startsWith(UNFINISHED))
    return new DatabaseUnusable(
      `the database ${name} is an unfinished copy: nobody is charged from it before the move is finished; do it again`,
      { isMisconfigured: true },
    );
  if (movedTo.startsWith(ARCHIVE))
    return new DatabaseUnusable(`the database ${name} is an archive: it can be read, and nobody is charged from it`, {
      isMisconfigured: true,
    });
  if (movedTo === GIVEN_UP)
    return new DatabaseUnusable(`the database ${name} is a copy that was given up; use the one it was copied from`, {
      isMisconfigured: true,
    });
  return new DatabaseUnusable(
    `the database ${name} was moved to ${movedTo}: it can be read, and nobody is charged from it any more; set ` +
      "DATABASE_URL to where it is now",
    { isMisconfigured: true },
  );
}
