/** The database as a file, the machine under it, and the settings of the processes around it. */
import type { DatabaseHealth, FileMode, Machine, Pm2Settings } from "../ports/doctor.ts";
import { bad, counted, ok, someOf, warn, type Finding } from "./finding.ts";

const LOW_DISK_BYTES = 500_000_000;
/** What a commit takes, with a good margin, after the last answer came. */
const COMMIT_MS = 5_000;

export function checkPragmas({ engine, settings, isInMemory }: DatabaseHealth): Finding {
  if (isInMemory) return ok("pragmas", "the database is in memory, and ends with the process");
  const wrong = settings.filter(({ value, wanted }) => wanted !== null && value !== wanted);
  const isServer = engine === "postgres";
  if (wrong.length > 0)
    return bad(
      "pragmas",
      wrong
        .map(({ name, value, wanted }) => `${isServer ? "the server's " : ""}${name} is ${value}, not ${wanted}`)
        .join("; "),
      isServer ? "make_server_durable" : "move_to_local_disk",
    );
  if (!isServer) return ok("pragmas", "journal_mode wal, synchronous full, foreign_keys on");
  const valueOf = (name: string) => settings.find((each) => each.name === name)?.value ?? "unknown";
  return ok(
    "pragmas",
    `PostgreSQL ${valueOf("server_version")}, fsync on, synchronous_commit ${valueOf("synchronous_commit")}`,
  );
}

export function checkDatabase({ integrityFaults, foreignKeyFaults, unreadableRows }: DatabaseHealth): Finding {
  if (integrityFaults.length > 0)
    return bad("database", `the file is damaged: ${someOf(integrityFaults)}`, "restore_and_check_disk");
  if (foreignKeyFaults.length > 0)
    return bad("database", `rows refer to rows that do not exist, in ${someOf(foreignKeyFaults)}`, "restore_backup");
  if (unreadableRows.length > 0)
    return bad(
      "database",
      `${counted(unreadableRows.length, "row")} cannot be read and stand aside: ${someOf(unreadableRows)}`,
      "restore_backup",
    );
  return ok("database", "whole");
}

export function checkFiles({ files, folder }: Pick<Machine, "files" | "folder">): Finding {
  const open = files.filter(({ mode }) => (mode & 0o077) !== 0);
  if (open.length > 0)
    return bad("files", `others may use ${open.map(shown).join(", ")}, which must be its owner's alone (600)`, {
      do: "close_to_others",
      mode: "600",
      paths: open.map(({ path }) => path),
    });
  // A user who may write into the folder may put another file in the place of the database.
  if (folder !== null && (folder.mode & 0o022) !== 0)
    return bad("files", `others may write into ${shown(folder)}`, {
      do: "close_to_others",
      mode: "700",
      paths: [folder.path],
    });
  return ok("files", `${counted(files.length, "file")}, for their owner alone`);
}

export function checkSurroundings({ dangers }: Pick<Machine, "dangers">): Finding {
  if (dangers.length === 0) return ok("surroundings", "the key is for its owner alone, and so is the line to Conekta");
  return bad("surroundings", dangers.join("; "), "close_surroundings");
}

export function checkDisk(freeBytes: number | null): Finding {
  if (freeBytes === null) return ok("disk", "unknown");
  const found = `${Math.floor(freeBytes / 1_000_000)} MB free`;
  if (freeBytes >= LOW_DISK_BYTES) return ok("disk", found);
  return warn("disk", found, "free_disk");
}

export function checkLease({ leaseMs, timeoutMs }: { readonly leaseMs: number; readonly timeoutMs: number }): Finding {
  const found = `LEASE_MS ${leaseMs}, CONEKTA_TIMEOUT_MS ${timeoutMs}`;
  if (leaseMs >= 2 * timeoutMs) return ok("lease", found);
  return bad("lease", `${found}: a charge may be under way when its lease ends`, {
    do: "lengthen_lease",
    leastMs: 2 * timeoutMs,
  });
}

export function checkPm2(pm2: readonly Pm2Settings[], timeoutMs: number): Finding {
  const neededMs = timeoutMs + COMMIT_MS;
  if (pm2.length === 0) return ok("pm2", "no ecosystem.config.js");
  const short = pm2.find(({ killTimeoutMs }) => killTimeoutMs === null || killTimeoutMs <= neededMs);
  if (short === undefined)
    return ok("pm2", `kill_timeout is longer than a charge may take (${pm2.map(({ file }) => file).join(", ")})`);
  return bad(
    "pm2",
    `${short.file} has ${short.killTimeoutMs === null ? "no kill_timeout that can be read" : `kill_timeout ${short.killTimeoutMs}`}: a charge under way is killed when Puntual is stopped, and its outcome lost`,
    { do: "lengthen_kill_timeout", beyondMs: neededMs },
  );
}

function shown({ path, mode }: FileMode): string {
  return `${path} (${mode.toString(8)})`;
}
