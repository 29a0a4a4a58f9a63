/** What all tests share and none changes: made once, handed on in the environment. */
import { makeKeyPairs } from "./key-pair.ts";
import { makeTemplate } from "./new-database.ts";

export default async function beforeAll(): Promise<void> {
  makeKeyPairs();
  await makeTemplate();
}
