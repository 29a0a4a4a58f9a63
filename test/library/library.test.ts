/** Puntual inside another program, on SQLite. */
import path from "node:path";
import { libraryWorks } from "./journey.ts";

libraryWorks(async (folder, name) => `sqlite:${path.join(folder, `${name}.db`)}`, { isShared: false });
