/** Who sits at this terminal, for decisions that are kept with their author. */
import { userInfo } from "node:os";

export function personHere(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user that has no name.
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
