/** A process that takes the right to charge from a file, says so, and goes on until it is killed. */
import { acquireChargeLock } from "../../src/adapters/store/dialect/lock.ts";

acquireChargeLock(process.argv[2] ?? "");
process.stdout.write("held\n");
setInterval(() => {}, 60_000);
