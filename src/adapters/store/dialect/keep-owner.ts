/** A command that root runs leaves no file behind that the service's own user cannot open. */
import { chownSync, statSync } from "node:fs";

/** @param like whose owner the file gets: the database, or its folder. Only root may give a file away */
export function keepOwner(file: string, like: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(like);
  chownSync(file, uid, gid);
}
