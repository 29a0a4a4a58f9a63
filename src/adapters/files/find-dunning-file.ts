/** Where config/dunning.yaml is found: the merchant's own, or else the one that Puntual brings along. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { type DunningSettings, parseDunningFile } from "./dunning-file.ts";

const FILE_NAME = "config/dunning.yaml";
const OURS = path.join(import.meta.dirname, "..", "..", "..", FILE_NAME);

/** @throws {ConfigurationInvalid} with every fault of the file */
export function readDunning(cwd: string): DunningSettings {
  const own = path.join(cwd, FILE_NAME);
  return parseDunningFile(readFileSync(existsSync(own) ? own : OURS, "utf8"), { fileName: FILE_NAME });
}
