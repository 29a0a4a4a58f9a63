/** Where a file is looked at for damage. What is found is the same, and asked in files.test.ts. */
import { rmSync } from "node:fs";
import path from "node:path";
import { expect, test } from "@jest/globals";
import { putNewDatabase, temporaryFolder } from "../../../../test/support/new-database.ts";
import { openToRead } from "./open-to-read.ts";
import { mustBeWhole } from "./whole-file.ts";

test.each<[aboveBytes: number | undefined, isAsked: boolean, because: string]>([
  [undefined, true, "a small one by its own connection: it takes some milliseconds"],
  [0, false, "a large one aside, so that a charge that is under way is not kept waiting"],
])("above %p bytes its own connection is asked: %p (%s)", async (aboveBytes, isAsked) => {
  const folder = temporaryFolder();
  const file = path.join(folder, "books.db");
  await putNewDatabase(file);
  const database = openToRead(file);
  await database.close();
  const looked = mustBeWhole(database, file, aboveBytes).then(
    () => false,
    () => true,
  );
  // It is closed: whoever asks it fails.
  expect(await looked).toBe(isAsked);
  rmSync(folder, { recursive: true });
});
