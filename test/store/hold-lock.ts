/** A process that takes the right to charge from a file, says so, and goes on until it is killed. */
import { acquireChargeLock } from "../../src/adapters/store/dialect/lock.ts";

const lock = acquireChargeLock(process.argv[2] ?? "");
process.stdout.write("held\n");
// A lock that nothing refers to is collected, and given back: a slow machine gives the collector its time.
setInterval(() => lock, 60_000);
