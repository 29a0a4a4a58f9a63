/** Where config/dunning.yaml is found: the merchant's own, or else the one that Puntual brings along. */
import path from "node:path";
import { type DunningSettings, parseDunningFile } from "./dunning-file.ts";
import { packageFolder } from "./package-folder.ts";
import { readConfigurationFile, readTextFile } from "./text-file.ts";

const FILE_NAME = "config/dunning.yaml";

/** @throws {ConfigurationInvalid} with every fault of the file */
export function readDunning(cwd: string): DunningSettings {
  const found = readConfigurationFile(cwd, FILE_NAME) ?? readTextFile(path.join(packageFolder(), FILE_NAME));
  return parseDunningFile(found ?? "", { fileName: FILE_NAME });
}
