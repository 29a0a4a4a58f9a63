/** The database as a file, the machine under it, and the settings of the processes around it. */
import type { DatabaseHealth, FileMode, Machine, Pm2Settings } from "../ports/doctor.ts";
import { same } from "../../explain/text.ts";
import { bad, counted, ok, someOf, warn, type Finding } from "./finding.ts";

const LOW_DISK_BYTES = 500_000_000;
/** What a commit takes, with a good margin, after the last answer came. */
const COMMIT_MS = 5_000;

export function checkPragmas({ engine, settings, isInMemory }: DatabaseHealth): Finding {
  if (isInMemory)
    return ok("pragmas", {
      en: "the database is in memory, and ends with the process",
      es: "la base de datos está en memoria y termina con el proceso",
    });
  const wrong = settings.filter(({ value, wanted }) => wanted !== null && value !== wanted);
  const isServer = engine === "postgres";
  if (wrong.length > 0)
    return bad(
      "pragmas",
      {
        en: wrong
          .map(({ name, value, wanted }) => `${isServer ? "the server's " : ""}${name} is ${value}, not ${wanted}`)
          .join("; "),
        es: wrong
          .map(({ name, value, wanted }) => `${name}${isServer ? " del servidor" : ""} es ${value}, no ${wanted}`)
          .join("; "),
      },
      isServer ? "make_server_durable" : "move_to_local_disk",
    );
  if (!isServer) return ok("pragmas", same("journal_mode wal, synchronous full, foreign_keys on"));
  const valueOf = (name: string) => settings.find((each) => each.name === name)?.value ?? "unknown";
  return ok(
    "pragmas",
    same(`PostgreSQL ${valueOf("server_version")}, fsync on, synchronous_commit ${valueOf("synchronous_commit")}`),
  );
}

export function checkDatabase({ engine, integrityFaults, foreignKeyFaults, unreadableRows }: DatabaseHealth): Finding {
  if (integrityFaults.length > 0)
    return bad(
      "database",
      {
        en: `${engine === "sqlite" ? "the file" : "it"} is damaged: ${someOf(integrityFaults)}`,
        es: `${engine === "sqlite" ? "el archivo está dañado" : "está dañada"}: ${someOf(integrityFaults, "es")}`,
      },
      "restore_and_check_disk",
    );
  if (foreignKeyFaults.length > 0)
    return bad(
      "database",
      {
        en: `rows refer to rows that do not exist, in ${someOf(foreignKeyFaults)}`,
        es: `hay renglones que remiten a otros que no existen, en ${someOf(foreignKeyFaults, "es")}`,
      },
      "restore_backup",
    );
  if (unreadableRows.length > 0)
    return bad(
      "database",
      {
        en: `${counted(unreadableRows.length, "row")} cannot be read and stand aside: ${someOf(unreadableRows)}`,
        es: `renglones que no se pueden leer y quedan aparte: ${unreadableRows.length}: ${someOf(unreadableRows, "es")}`,
      },
      "restore_backup",
    );
  return ok("database", { en: "whole", es: "íntegra" });
}

export function checkFiles({ files, folder }: Pick<Machine, "files" | "folder">): Finding {
  const open = files.filter(({ mode }) => (mode & 0o077) !== 0);
  if (open.length > 0)
    return bad(
      "files",
      {
        en: `others may use ${open.map(shown).join(", ")}, which must be its owner's alone (600)`,
        es: `otros pueden usar ${open.map(shown).join(", ")}, que debe ser solo de su dueño (600)`,
      },
      {
        do: "close_to_others",
        mode: "600",
        paths: open.map(({ path }) => path),
      },
    );
  // A user who may write into the folder may put another file in the place of the database.
  if (folder !== null && (folder.mode & 0o022) !== 0)
    return bad(
      "files",
      {
        en: `others may write into ${shown(folder)}`,
        es: `otros pueden escribir en ${shown(folder)}`,
      },
      {
        do: "close_to_others",
        mode: "700",
        paths: [folder.path],
      },
    );
  return ok("files", {
    en: `${counted(files.length, "file")}, for their owner alone`,
    es: `${counted(files.length, "archivo")}, solo de su dueño`,
  });
}

export function checkSurroundings({ dangers }: Pick<Machine, "dangers">): Finding {
  if (dangers.length === 0)
    return ok("surroundings", {
      en: "the key is for its owner alone, and so is the line to Conekta",
      es: "la llave es solo de su dueño, y también la conexión con Conekta",
    });
  return bad(
    "surroundings",
    { en: dangers.map(({ en }) => en).join("; "), es: dangers.map(({ es }) => es).join("; ") },
    "close_surroundings",
  );
}

export function checkDisk(freeBytes: number | null): Finding {
  if (freeBytes === null) return ok("disk", { en: "unknown", es: "no se sabe" });
  const megabytes = Math.floor(freeBytes / 1_000_000);
  const found = { en: `${megabytes} MB free`, es: `${megabytes} MB libres` };
  if (freeBytes >= LOW_DISK_BYTES) return ok("disk", found);
  return warn("disk", found, "free_disk");
}

export function checkLease({ leaseMs, timeoutMs }: { readonly leaseMs: number; readonly timeoutMs: number }): Finding {
  const found = `LEASE_MS ${leaseMs}, CONEKTA_TIMEOUT_MS ${timeoutMs}`;
  if (leaseMs >= 2 * timeoutMs) return ok("lease", same(found));
  return bad(
    "lease",
    {
      en: `${found}: a charge may be under way when its lease ends`,
      es: `${found}: un cobro puede seguir en curso cuando termina su plazo`,
    },
    {
      do: "lengthen_lease",
      leastMs: 2 * timeoutMs,
    },
  );
}

export function checkPm2(pm2: readonly Pm2Settings[], timeoutMs: number): Finding {
  const neededMs = timeoutMs + COMMIT_MS;
  if (pm2.length === 0) return ok("pm2", { en: "no ecosystem.config.js", es: "no hay ecosystem.config.js" });
  const short = pm2.find(({ killTimeoutMs }) => killTimeoutMs === null || killTimeoutMs <= neededMs);
  if (short === undefined)
    return ok("pm2", {
      en: `kill_timeout is longer than a charge may take (${pm2.map(({ file }) => file).join(", ")})`,
      es: `kill_timeout dura más que un cobro (${pm2.map(({ file }) => file).join(", ")})`,
    });
  return bad(
    "pm2",
    {
      en: `${short.file} has ${short.killTimeoutMs === null ? "no kill_timeout that can be read" : `kill_timeout ${short.killTimeoutMs}`}: a charge under way is killed when Puntual is stopped, and its outcome lost`,
      es: `${short.file} ${short.killTimeoutMs === null ? "no tiene un kill_timeout que se pueda leer" : `tiene kill_timeout ${short.killTimeoutMs}`}: al detener Puntual se mata un cobro en curso y se pierde su resultado`,
    },
    { do: "lengthen_kill_timeout", beyondMs: neededMs },
  );
}

function shown({ path, mode }: FileMode): string {
  return `${path} (${mode.toString(8)})`;
}
