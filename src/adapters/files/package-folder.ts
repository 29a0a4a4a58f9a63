/** The folder of package.json: the repository's, or the package's, whose JavaScript lies one folder deeper. */
import { findPackageJSON } from "node:module";
import path from "node:path";

export function packageFolder(): string {
  const manifest = findPackageJSON(import.meta.url);
  if (manifest === undefined) throw new Error(`there is no package.json above ${import.meta.filename}`);
  return path.dirname(manifest);
}
