/**
 * A disk of the PostgreSQL server fills up in the middle of the charges, for real: the tables, or the write-ahead log, lie on a
 * small file system in memory. Nobody is charged without a record or twice, and all are charged once there is space again.
 */
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test } from "@jest/globals";
import { temporaryFolder } from "../support/new-database.ts";
import { sql, startPostgres } from "../support/postgres-server.ts";
import { ALL_ONCE, refuseAmidCharges } from "./amid-charges.ts";

const SIZE_MIB = 64;

const disks: string[] = [];
const cannot = whyNot();
afterEach(() => {
  for (const disk of disks.splice(0)) {
    execFileSync("umount", [disk]);
    rmSync(disk, { recursive: true, force: true });
  }
});

/** Why this cannot be tried here; null: it can. */
function whyNot(): string | null {
  if (process.env["DATABASE_URL_TEST"] !== undefined) return "the server is another one's";
  if (process.getuid?.() !== 0) return "only root may make a file system";
  const disk = temporaryFolder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "tmpfs", disk], { stdio: "pipe" });
    execFileSync("umount", [disk]);
    return null;
  } catch (error) {
    return `a file system cannot be made here (${String(error)})`;
  } finally {
    rmSync(disk, { recursive: true, force: true });
  }
}

/** A small disk, with a folder of the server's on it. */
function newDisk(): { readonly folder: string; readonly fill: () => void; readonly free: () => void } {
  const disk = temporaryFolder();
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE_MIB}m`, "tmpfs", disk], { stdio: "pipe" });
  disks.push(disk);
  const [folder, filler] = [path.join(disk, "of-the-server"), path.join(disk, "filler")];
  mkdirSync(folder, { mode: 0o700 });
  execFileSync("chown", ["postgres", folder]);
  return { folder, fill: () => fill(filler), free: () => rmSync(filler, { force: true }) };
}

/** To the last byte. */
function fill(filler: string): void {
  const handle = openSync(filler, "w");
  try {
    for (const size of [1 << 20, 4096, 1])
      for (;;)
        try {
          if (writeSync(handle, Buffer.alloc(size)) < size) break;
        } catch (error) {
          if ((error as { code?: string }).code !== "ENOSPC") throw error;
          break;
        }
  } finally {
    closeSync(handle);
  }
}

if (cannot !== null) test(`the disk of the server is not filled here: ${cannot}`, () => expect(cannot).not.toBe(""));
else {
  test("no space for the tables: nothing is lost or doubled, and all are charged once there is", async () => {
    await using server = await startPostgres();
    const disk = newDisk();
    const [database, other] = [await server.newDatabase(), await server.newDatabase()];
    await sql(other, `create tablespace small location '${disk.folder}'`);
    await sql(other, `alter database ${database.server.database} set tablespace small`);
    const says = /the disk of the server is full/;
    const after = await refuseAmidCharges({
      ...{ database, url: server.url(database), says },
      ...{ strike: disk.fill, mend: disk.free },
    });
    expect(after).toMatchObject(ALL_ONCE);
  }, 240_000);

  // PostgreSQL gives itself up: it cannot even recover before there is space.
  test("no space for the write-ahead log: the server falls, and all are charged once it stands again", async () => {
    const disk = newDisk();
    await using server = await startPostgres({ walFolder: disk.folder });
    const database = await server.newDatabase();
    let isDown = false;
    const after = await refuseAmidCharges({
      ...{ database, url: server.url(database), says: /refuses connections|is starting|is stopping/ },
      // As it happens to people: a standby that is long gone is still waited for, and nothing of the log may be reused.
      async strike() {
        await sql(database, "select pg_create_physical_replication_slot('gone', true)");
        disk.fill();
        isDown = true;
        const written = "count(pg_logical_emit_message(false, '', repeat('x', 1000000)))";
        await expect(sql(database, `select ${written} from generate_series(1, 60)`)).rejects.toThrow(
          /No space left|terminat|lost/i,
        );
      },
      async mend() {
        disk.free();
        if (!isDown) return;
        await server.fall();
        await sql(database, "select pg_drop_replication_slot('gone')");
        isDown = false;
      },
    });
    expect(after).toMatchObject(ALL_ONCE);
  }, 240_000);
}
