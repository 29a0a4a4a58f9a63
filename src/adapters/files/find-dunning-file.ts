/** Where config/dunning.yaml is found: the merchant's own, or else the one that Puntual brings along. */
import path from "node:path";
import { ConfigurationInvalid } from "../../domain/errors.ts";
import { type DunningSettings, parseDunningFile } from "./dunning-file.ts";
import { packageFolder } from "./package-folder.ts";
import { readTextFile, TextFileUnusable } from "./text-file.ts";

const FILE_NAME = "config/dunning.yaml";

/** @throws {ConfigurationInvalid} with every fault of the file */
export function readDunning(cwd: string): DunningSettings {
  const own = path.join(cwd, FILE_NAME);
  return parseDunningFile(readOwn(own) ?? readTextFile(path.join(packageFolder(), FILE_NAME)) ?? "", {
    fileName: FILE_NAME,
  });
}

function readOwn(file: string): string | null {
  try {
    return readTextFile(file);
  } catch (error) {
    if (!(error instanceof TextFileUnusable)) throw error;
    throw new ConfigurationInvalid(`${FILE_NAME} is not valid`, [{ where: FILE_NAME, what: error.what }]);
  }
}
