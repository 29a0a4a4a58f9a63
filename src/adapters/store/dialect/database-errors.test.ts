/** What can be wrong with a database's file, as one sentence: who must act, and whether it may pass. */
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "@jest/globals";
import { DatabaseUnusable, Refused } from "../../../domain/errors.ts";
import { errorCode, explainDatabaseError, isObject } from "./database-errors.ts";

const FILE = path.join(tmpdir(), "books.db");
const thrown = (code: unknown, message = "x") => Object.assign(new Error(message), { code });

test.each<[code: string, said: string, isMisconfigured: boolean, because: string]>([
  ["SQLITE_NOTADB", "is not an SQLite database", true, "another file was named"],
  ["SQLITE_CORRUPT", "is corrupt", true, "a person restores a backup"],
  ["SQLITE_CANTOPEN", "cannot be opened", true, "the path is wrong"],
  ["SQLITE_READONLY", "cannot be written; check the permissions", true, "a right is missing"],
  ["SQLITE_READONLY_DIRECTORY", "cannot be written; check the permissions", true, "a code of SQLite has kinds"],
  ["SQLITE_FULL", "the disk is full", false, "it is freed"],
  ["SQLITE_IOERR", "check the disk", false, "a disk may come back"],
  ["SQLITE_IOERR_WRITE", "check the disk", false, "a code of SQLite has kinds"],
  ["SQLITE_BUSY", "is locked by another process", false, "it ends"],
  ["SQLITE_BUSY_SNAPSHOT", "is locked by another process", false, "a code of SQLite has kinds"],
  ["EACCES", "cannot be written; check the permissions", true, "a right is missing"],
  ["EPERM", "cannot be written; check the permissions", true, "a right is missing"],
  ["EROFS", "read-only file system", true, "another place must be chosen"],
  ["ENOENT", "cannot be created", true, "a folder is missing"],
  ["EISDIR", "is a folder", true, "a folder was named"],
  ["ENOTDIR", "below something that is no folder", true, "the path is wrong"],
  ["EEXIST", "below something that is no folder", true, "the path is wrong"],
  ["ENAMETOOLONG", "its name is too long", true, "the path is wrong"],
  ["ENOSPC", "the disk is full", false, "it is freed"],
])("%s: %s, is for a person to mend: %s (%s)", (code, said, isMisconfigured) => {
  const error = explainDatabaseError(new Error("of the mapper", { cause: thrown(code) }), FILE);
  expect(error).toBeInstanceOf(DatabaseUnusable);
  expect(error).toMatchObject({ message: expect.stringContaining(`the database ${FILE} `) });
  expect(error).toMatchObject({ message: expect.stringContaining(said), isMisconfigured });
  expect(String(error)).toContain(`(${code})`);
});

describe("an error", () => {
  test("of a damaged file says how the books are made good, and no other does", () => {
    expect(explainDatabaseError(thrown("SQLITE_CORRUPT"), FILE)).toMatchObject({ mend: { do: "sweep" } });
    expect(explainDatabaseError(thrown("SQLITE_NOTADB"), FILE)).toMatchObject({ mend: null });
  });

  test("names the file for what it is", () => {
    const said = String(explainDatabaseError(thrown("EACCES"), FILE, "the lock of the database"));
    expect(said).toContain(`the lock of the database ${FILE} cannot be written`);
  });

  test("with a code that is no text, or that nobody knows, is told by its cause", () => {
    const error = Object.assign(thrown(7), { cause: Object.assign(thrown("EWHAT"), { cause: thrown("EROFS") }) });
    expect(explainDatabaseError(error, FILE)).toMatchObject({ message: expect.stringContaining("EROFS") });
    expect(errorCode(error)).toBe("EWHAT");
  });

  test("that is explained already, or none of the file's, is left as it is", () => {
    for (const error of [
      Object.assign(new Refused("no"), { cause: thrown("EROFS") }),
      new TypeError("x is not a function"),
      thrown("SQLITE_CONSTRAINT"),
      thrown("SQLITE_FULLER"),
      "a text",
      null,
    ])
      expect(explainDatabaseError(error, FILE)).toBe(error);
    expect([errorCode(new TypeError("x")), errorCode(thrown(7)), errorCode(null), errorCode("ENOENT")]).toEqual([
      ...[null, null, null, null],
    ]);
  });

  test("of a half-written file is what it says, where the disk has room or cannot be asked", () => {
    for (const file of [FILE, "/nowhere/at/all/books.db"])
      for (const code of ["SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_CANTOPEN"])
        expect(String(explainDatabaseError(thrown(code), file))).toContain(`(${code})`);
    for (const file of [FILE, "/nowhere/at/all/books.db"])
      expect(String(explainDatabaseError(thrown("SQLITE_CORRUPT"), file))).toContain("is corrupt");
  });

  test("of a half-written file is a full disk where there is no room; another error is what it is", () => {
    // No byte is free there, as Linux has it.
    const full = "/proc/books.db";
    for (const code of ["SQLITE_IOERR_WRITE", "SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_CANTOPEN"])
      expect(explainDatabaseError(thrown(code), full)).toMatchObject({
        ...{ message: expect.stringContaining("the disk is full"), isMisconfigured: false },
      });
    expect(String(explainDatabaseError(thrown("SQLITE_BUSY"), full))).toContain("is locked by another process");
  });
});

test.each<[unknown, boolean]>([
  [{}, true],
  [[], true],
  [null, false],
  ["x", false],
  [undefined, false],
])("%p is an object: %s", (value, is) => {
  expect(isObject(value)).toBe(is);
});
