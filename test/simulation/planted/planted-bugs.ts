/**
 * The bugs that are planted, to prove that the simulation can fail. Each is what a hurried hand would write.
 */
import { BUGS_IN_BOOKS } from "./planted-in-books.ts";
import { BUGS_IN_CHARGING } from "./planted-in-charging.ts";
import { BUGS_IN_DECISIONS } from "./planted-in-decisions.ts";
import { BUGS_IN_DUNNING } from "./planted-in-dunning.ts";
import { BUGS_IN_EXTRAS } from "./planted-in-extras.ts";
import { BUGS_IN_HEARING } from "./planted-in-hearing.ts";
import { ORACLE_BUGS_IN_COMMANDS } from "./oracle-in-commands.ts";
import { ORACLE_BUGS_IN_DAYS } from "./oracle-in-days.ts";
import { ORACLE_BUGS_IN_DUNNING } from "./oracle-in-dunning.ts";
import { ORACLE_BUGS_IN_NEWS } from "./oracle-in-news.ts";
import { ORACLE_BUGS_IN_OPENING } from "./oracle-in-opening.ts";
import { ORACLE_BUGS_BY_MUTANTS } from "./oracle-by-mutants.ts";
import { ORACLE_BUGS_BY_PLACES } from "./oracle-by-places.ts";
import { ORACLE_BUGS_BY_STRANGERS } from "./oracle-by-strangers.ts";
import { ORACLE_BUGS_BY_OUTSIDERS } from "./oracle-by-outsiders.ts";
import type { PlantedBug } from "./planted-bug.ts";

export const PLANTED_BUGS: readonly PlantedBug[] = [
  ...BUGS_IN_CHARGING,
  ...BUGS_IN_DECISIONS,
  ...BUGS_IN_BOOKS,
  ...BUGS_IN_HEARING,
  ...BUGS_IN_DUNNING,
  ...BUGS_IN_EXTRAS,
  // With these money stays safe, and what merchants are promised is not kept.
  ...ORACLE_BUGS_IN_OPENING,
  ...ORACLE_BUGS_IN_DUNNING,
  ...ORACLE_BUGS_IN_COMMANDS,
  ...ORACLE_BUGS_BY_PLACES,
  ...ORACLE_BUGS_BY_MUTANTS,
  ...ORACLE_BUGS_BY_STRANGERS,
  ...ORACLE_BUGS_BY_OUTSIDERS,
  ...ORACLE_BUGS_IN_DAYS,
  ...ORACLE_BUGS_IN_NEWS,
];
