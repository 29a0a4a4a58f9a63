/** The files of a database: what is opened, made or refused, whose they are, and who may charge from them. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { putNewDatabase, temporaryFolder } from "../../../../test/support/new-database.ts";
import { DatabaseUnusable } from "../../../domain/errors.ts";
import { checkAside } from "./check-aside.ts";
import { errorCode } from "./database-errors.ts";
import { isMissing } from "./database-access.ts";
import { watchFiles } from "./file-watch.ts";
import { keepOwner } from "./keep-owner.ts";
import { acquireChargeLock, chargeLockOwner } from "./lock.ts";
import { openDatabase } from "./open-database.ts";
import { openToRead } from "./open-to-read.ts";
import { all, run } from "./sql.ts";
import { mustBeWhole } from "./whole-file.ts";

let folder: string;
const at = (name: string) => path.join(folder, name);
const modeOf = (name: string) => statSync(at(name)).mode & 0o777;
beforeEach(async () => {
  folder = temporaryFolder();
  await putNewDatabase(at("books.db"));
});
afterEach(() => rmSync(folder, { recursive: true }));

type Access = "make" | "write" | "read";
const open = async (file: string, access: Access) =>
  access === "read" ? openToRead(file) : openDatabase(file, access);
const opened = async (name: string, access: Access) =>
  await open(name === ":memory:" ? name : at(name), access).then(
    async (database) => {
      await database.close();
      return "opened";
    },
    (error: Error & { isMisconfigured?: boolean; mend?: { do: string } | null }) =>
      `${error.message.replaceAll(folder, "")} ${error.isMisconfigured} ${error.mend?.do}`,
  );

describe("a database", () => {
  test.each<[name: string, access: Access, end: string, because: string]>([
    ["books.db", "make", "opened", "it is there"],
    ["books.db", "write", "opened", "it is there"],
    ["books.db", "read", "opened", "it is there"],
    [":memory:", "read", "opened", "it is nowhere"],
    ["new/deep/books.db", "make", "opened", "it is made, and its folders"],
    ["none.db", "write", "there is no database at /none.db", "it must be there"],
    ["none.db", "read", "there is no database at /none.db", "it must be there"],
    ["empty.db", "write", "there is no database at /empty.db", "an empty file is none"],
    ["empty.db", "make", "opened", "an empty file is begun"],
    ["folder", "make", "the database /folder is a folder", "no folder is one"],
    ["folder", "write", "the database /folder is a folder", "no folder is one"],
    ["folder", "read", "the database /folder is a folder", "no folder is one"],
    ["text.db", "read", "the database /text.db is not an SQLite database", "it is another file"],
    ["text.db", "write", "the database /text.db is not an SQLite database", "it is another file"],
    ["left.db", "make", "there is no database at /left.db, but its journal left.db-wal is there", "it holds the last"],
    ["bare.db", "make", "opened", "an empty journal holds nothing"],
  ])("%s is opened to %s: %s (%s)", async (name, access, end) => {
    writeFileSync(at("empty.db"), "");
    mkdirSync(at("folder"));
    writeFileSync(at("folder/x"), "");
    writeFileSync(at("text.db"), "a text, and no database at all\n".repeat(40));
    writeFileSync(at("left.db-wal"), "x");
    writeFileSync(at("bare.db-wal"), "");
    expect(await opened(name, access)).toContain(end);
    expect(existsSync(at("none.db"))).toBe(false);
  });

  test("that is missing is a fault of settings, and says how one is made; one whose journal is left makes none", async () => {
    expect(await opened("none.db", "read")).toMatch(/true make_database$/);
    writeFileSync(at("left.db-wal"), "x");
    expect(await opened("left.db", "make")).toMatch(/true undefined$/);
  });

  test("is its owner's alone, with its folder and what stands beside it", async () => {
    await opened("new/books.db", "make");
    expect([modeOf("new"), modeOf("new/books.db")]).toEqual([0o700, 0o600]);
    chmodSync(at("books.db"), 0o644);
    await opened("books.db", "read");
    expect(modeOf("books.db")).toBe(0o644);
    await opened("books.db", "write");
    expect(modeOf("books.db")).toBe(0o600);
    chmodSync(at("books.db"), 0o640);
    for (const end of ["-wal", "-shm"]) {
      writeFileSync(at(`books.db${end}`), "");
      chmodSync(at(`books.db${end}`), 0o400);
    }
    const connection = openDatabase(at("books.db"), "write");
    expect([modeOf("books.db"), modeOf("books.db-wal"), modeOf("books.db-shm")]).toEqual([0o600, 0o600, 0o600]);
    await connection.close();
  });

  test("that its owner may not write himself is left as it is, with its journal", async () => {
    for (const end of ["-wal", "-shm"]) writeFileSync(at(`books.db${end}`), "");
    for (const end of ["", "-wal", "-shm"]) chmodSync(at(`books.db${end}`), 0o400);
    const opening = async () => await openDatabase(at("books.db"), "write").close();
    // Root may write it all the same.
    const refused: unknown = await opening().catch((error: unknown) => error);
    expect(refused === undefined || refused instanceof DatabaseUnusable).toBe(true);
    expect(modeOf("books.db")).toBe(0o400);
  });

  test("is set to what keeps what was committed; who only reads sets nothing in the file", async () => {
    const settings = async (access: "write" | "read") => {
      const database = await open(at("books.db"), access);
      const read = [];
      for (const name of ["journal_mode", "synchronous", "busy_timeout", "foreign_keys", "temp_store", "cache_size"])
        read.push(Object.values((await all(database, `pragma ${name}`))[0] ?? {})[0]);
      const writing = all(database, `insert into customer (id, name) values ('${access}', 'Eva') returning id`);
      const end = await writing.then(
        () => "written",
        () => "refused",
      );
      await database.close();
      return [...read, end];
    };
    expect(await settings("write")).toEqual(["wal", 2, 5000, 1, 2, -2000, "written"]);
    expect(await settings("read")).toEqual(["wal", 2, 5000, 1, 2, -2000, "refused"]);
  });

  describe("beside which no file can be made, as in a folder of somebody else's", () => {
    const tmpdir = process.env["TMPDIR"];
    afterEach(() => {
      delete process.env["TMPDIR"];
      if (tmpdir !== undefined) process.env["TMPDIR"] = tmpdir;
    });

    /** With what its journal holds alone. A link to itself can neither be opened nor made. */
    async function closedFolder(): Promise<void> {
      process.env["TMPDIR"] = folder;
      const connection = openDatabase(at("books.db"), "write");
      await run(connection, "insert into customer (id, name) values ('cus', 'Ana')");
      for (const end of ["", "-wal"]) copyFileSync(at(`books.db${end}`), at(`closed.db${end}`));
      symlinkSync(at("closed.db-shm"), at("closed.db-shm"));
      await connection.close();
    }
    const copies = () => readdirSync(folder).filter((name) => name.startsWith("puntual-"));

    test("is read as it stands, from a copy that only we can read, and that goes when it is closed", async () => {
      await closedFolder();
      const database = openToRead(at("closed.db"));
      expect(await all(database, "select name from customer")).toEqual([{ name: "Ana" }]);
      const [copy = ""] = copies();
      expect([modeOf(copy), modeOf(`${copy}/copy.db`)]).toEqual([0o700, 0o600]);
      await database.close();
      expect(copies()).toEqual([]);
    });

    test("is copied for no other reason", () => {
      process.env["TMPDIR"] = at("none");
      writeFileSync(at("text.db"), "a text, and no database at all\n".repeat(40));
      expect(() => openToRead(at("text.db"))).toThrow("is not an SQLite database");
    });

    test("and which is damaged leaves no copy, and is told as the file that it is", async () => {
      await closedFolder();
      rmSync(at("closed.db-wal"));
      const bytes = readFileSync(at("closed.db"));
      writeFileSync(at("closed.db"), bytes.fill(0xff, 100, 4096));
      expect(() => openToRead(at("closed.db"))).toThrow(`${at("closed.db")} is corrupt`);
      expect(copies()).toEqual([]);
    });
  });

  test("that is damaged is found so, whether it is looked at here or aside", async () => {
    const connection = openDatabase(at("books.db"), "write");
    await mustBeWhole(connection, at("books.db"));
    await mustBeWhole(connection, at("books.db"), 0);
    await mustBeWhole(connection, ":memory:", 0);
    await connection.close();
    const raw = new Database(at("books.db"));
    raw.pragma("journal_mode = delete");
    const page = raw.prepare("select rootpage from sqlite_master where name = 'customer'").pluck().get() as number;
    const size = raw.pragma("page_size", { simple: true }) as number;
    raw.close();
    const bytes = readFileSync(at("books.db"));
    bytes.fill(0xff, (page - 1) * size, (page - 1) * size + 64);
    writeFileSync(at("books.db"), bytes);
    const damaged = openToRead(at("books.db"));
    for (const above of [undefined, 0]) {
      const checked = mustBeWhole(damaged, at("books.db"), above);
      expect(errorCode(await checked.catch((error: unknown) => error))).toBe("SQLITE_CORRUPT");
    }
    await damaged.close();
  });
});

test("a file that cannot even be opened aside is told by who looked", async () => {
  await expect(checkAside(at("none.db"))).rejects.toThrow("unable to open");
});

test.each<[name: string, is: boolean]>([
  ["books.db", false],
  ["empty.db", true],
  ["none.db", true],
  [":memory:", false],
])("%s is missing: %s", (name, is) => {
  writeFileSync(at("empty.db"), "");
  expect(isMissing(name === ":memory:" ? name : at(name))).toBe(is);
});

test("what cannot be looked for is told as such, and not as missing", () => {
  expect(() => isMissing(at("x".repeat(300)))).toThrow("its name is too long");
});

describe("the right to charge", () => {
  const pid = String(process.pid);

  test("is one a file, by whatever name, given back with its pid, and its lock stays", () => {
    symlinkSync(at("books.db"), at("alias.db"));
    const lock = acquireChargeLock(at("alias.db"));
    expect(() => acquireChargeLock(at("books.db"))).toThrow(`another process (pid ${pid}) is charging`);
    expect([chargeLockOwner(at("books.db")), chargeLockOwner(at("alias.db"))]).toEqual([pid, pid]);
    expect([readFileSync(at("books.db.pid"), "utf8"), modeOf("books.db.pid"), modeOf("books.db.lock")]).toEqual([
      ...[`${pid}\n`, 0o600, 0o600],
    ]);
    lock.release();
    expect([existsSync(at("books.db.pid")), existsSync(at("books.db.lock"))]).toEqual([false, true]);
    expect(chargeLockOwner(at("books.db"))).toBe(null);
    acquireChargeLock(at("books.db")).release();
  });

  test("is nobody's where no file says so, or the one that says so holds no lock", () => {
    expect([chargeLockOwner(at("none.db")), chargeLockOwner(at("books.db"))]).toEqual([null, null]);
    writeFileSync(at("books.db.pid"), "7\n");
    expect(chargeLockOwner(at("books.db"))).toBe(null);
    acquireChargeLock(at("books.db")).release();
    writeFileSync(at("books.db.pid"), "7\n");
    expect(chargeLockOwner(at("books.db"))).toBe(null);
  });

  test("that cannot be read is told as what it is, and not as another process", () => {
    writeFileSync(at("books.db.lock"), "a text, and no database at all\n".repeat(40));
    expect(() => acquireChargeLock(at("books.db"))).toThrow(/^(?!another process).*books\.db\.lock/s);
  });

  test("is somebody's whom nobody can name, where he left no pid", () => {
    const lock = acquireChargeLock(at("books.db"));
    writeFileSync(at("books.db.pid"), " \n");
    expect(chargeLockOwner(at("books.db"))).toBe("unknown");
    rmSync(at("books.db.pid"));
    expect(() => acquireChargeLock(at("books.db"))).toThrow("another process (pid unknown) is charging");
    lock.release();
  });

  test("that could not be noted is free again", () => {
    mkdirSync(at("books.db.pid"));
    expect(() => acquireChargeLock(at("books.db"))).toThrow(`${at("books.db.pid")} is a folder`);
    rmSync(at("books.db.pid"), { recursive: true });
    acquireChargeLock(at("books.db")).release();
  });

  test("ends where the file is moved, deleted or replaced, or its lock", () => {
    const lock = acquireChargeLock(at("books.db"));
    const mustBeInPlace = watchFiles(at("books.db"));
    mustBeInPlace();
    renameSync(at("books.db"), at("away.db"));
    expect(mustBeInPlace).toThrow(`${at("books.db")} was moved, deleted or replaced`);
    writeFileSync(at("books.db"), "");
    expect(mustBeInPlace).toThrow("was moved, deleted or replaced");
    renameSync(at("away.db"), at("books.db"));
    mustBeInPlace();
    renameSync(at("books.db.lock"), at("away.lock"));
    expect(mustBeInPlace).toThrow(`${at("books.db.lock")} was moved, deleted or replaced`);
    lock.release();
  });

  // As another user than root no file can be given away.
  test("leaves the files of what root does to the owner of the database", async () => {
    if (process.getuid?.() !== 0) return;
    const { chownSync } = await import("node:fs");
    chownSync(at("books.db"), 12_345, 12_346);
    writeFileSync(at("x"), "");
    keepOwner(at("x"), at("books.db"));
    expect(statSync(at("x"))).toMatchObject({ uid: 12_345, gid: 12_346 });
    acquireChargeLock(at("books.db")).release();
    expect(statSync(at("books.db.lock"))).toMatchObject({ uid: 12_345, gid: 12_346 });
  });
});
