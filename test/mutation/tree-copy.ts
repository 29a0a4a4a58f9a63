/** A copy of the tree, in which a file may be changed while nobody's work is touched: `.mutation/tree`. */
import { createHash } from "node:crypto";
import { cpSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

const ROOT = path.join(import.meta.dirname, "../..");
/** Beside the copy: what is remembered from one run to the next. */
export const WORK = path.join(ROOT, ".mutation");
export const TREE = path.join(WORK, "tree");

const LEFT_OUT = new Set(["node_modules", ".mutation", ".git", "coverage", "data", "logs"]);

/** A fingerprint of each file that was copied. */
export type Fingerprints = Readonly<Record<string, string>>;

export function copyTree(): Fingerprints {
  rmSync(TREE, { recursive: true, force: true });
  mkdirSync(TREE, { recursive: true });
  for (const entry of readdirSync(ROOT).filter((name) => !LEFT_OUT.has(name)))
    cpSync(path.join(ROOT, entry), path.join(TREE, entry), { recursive: true });
  symlinkSync("../../node_modules", path.join(TREE, "node_modules"));
  const files = globSync("{src,test,migrations,config}/**/*.*", { cwd: TREE })
    .filter((file) => !file.startsWith("test/mutation/"))
    .toSorted((a, b) => (a < b ? -1 : 1));
  return Object.fromEntries(files.map((file) => [file, createHash("sha256").update(read(file)).digest("hex")]));
}

export function read(file: string): string {
  return readFileSync(path.join(TREE, file), "utf8");
}

export function write(file: string, source: string): void {
  writeFileSync(path.join(TREE, file), source);
}
