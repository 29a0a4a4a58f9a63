/**
 * The machine that holds the database, as far as the doctor asks: file modes, space, time zones, pm2's settings.
 *
 * Read before the database is opened: opening it closes its file to others, and creates the files beside it.
 */
import { existsSync, statfsSync, statSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { IANAZone } from "luxon";
import type { FileMode, Machine, Pm2Settings } from "../application/ports/doctor.ts";

const IN_MEMORY = ":memory:";
const SUFFIXES = ["", "-wal", "-shm", ".lock", ".pid"];
const ECOSYSTEM = "ecosystem.config.js";

/**
 * @param databasePath null: it is a server's
 * @param folders where pm2's file may be
 */
export async function lookAtMachine(
  databasePath: string | null,
  folders: readonly string[],
): Promise<Omit<Machine, "chargingPid" | "dangers">> {
  const file = databasePath === IN_MEMORY ? null : databasePath;
  const folder = file === null ? null : path.dirname(file);
  // Windows has no such modes.
  const hasModes = process.platform !== "win32";
  return {
    files: hasModes && file !== null ? SUFFIXES.flatMap((suffix) => modeOf(file + suffix)) : [],
    folder: hasModes && folder !== null ? (modeOf(folder)[0] ?? null) : null,
    freeBytes: folder === null ? null : freeBytes(folder),
    tzVersion: process.versions["tz"] ?? null,
    pm2: await readPm2(folders),
  };
}

/** What this Node believes of a zone. */
export function offsetMinutes(zone: string, at: Date): number {
  return IANAZone.create(zone).offset(at.getTime());
}

function modeOf(file: string): FileMode[] {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? [] : [{ path: file, mode: found.mode & 0o777 }];
}

/** A folder that is yet to be made stands on the disk of the one that it will stand in. */
function freeBytes(folder: string): number {
  if (!existsSync(folder)) return freeBytes(path.dirname(folder));
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** The settings that pm2 would start Puntual with, read the way pm2 reads them. */
async function readPm2(folders: readonly string[]): Promise<Pm2Settings[]> {
  const files = [...new Set(folders.map((folder) => path.join(folder, ECOSYSTEM)))].filter((file) => existsSync(file));
  const settings = [];
  for (const file of files) settings.push({ file, killTimeoutMs: killTimeoutIn(await load(file)) });
  return settings;
}

async function load(file: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(file).href);
  } catch {
    // A file that cannot be read has no kill_timeout, and the check says so.
    return null;
  }
}

function killTimeoutIn(module: unknown): number | null {
  const exported = property(module, "apps") ?? property(property(module, "default"), "apps");
  const apps: readonly unknown[] = Array.isArray(exported) ? exported : [];
  const app = apps.find((each) => property(each, "name") === "puntual") ?? apps[0];
  const value = property(app, "kill_timeout");
  return typeof value === "number" ? value : null;
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
