#!/usr/bin/env node
/**
 * The command `puntual`: plain JavaScript, so that whichever Node the machine has can begin.
 *
 * TypeScript runs by type stripping, which needs Node 24. An older one hands over to the Node that `npm ci` installed
 * beside us: same arguments, same terminal, and its exit code is ours.
 */
import { spawn } from "node:child_process";
import module from "node:module";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const NEEDED_MAJOR = 24;

if (Number(process.versions.node.split(".")[0]) >= NEEDED_MAJOR) {
  module.enableCompileCache();
  const { main } = await import("./main.ts");
  await main(process.argv);
} else {
  const node = pinnedNode();
  if (node !== null) handOver(node);
  else {
    process.stderr.write(
      `puntual: this is Node ${process.versions.node}; Node ${NEEDED_MAJOR} or later is needed. ` +
        "Run `npm ci` in Puntual's folder, which installs one of its own.\n",
    );
    process.exitCode = 78;
  }
}

function pinnedNode() {
  try {
    return module.createRequire(import.meta.url).resolve("node/bin/node");
  } catch {
    return null;
  }
}

/** @param {string} node */
function handOver(node) {
  const self = fileURLToPath(import.meta.url);
  const child = spawn(node, [self, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`puntual: ${node} cannot be started (${error.message}); run \`npm ci\` again.\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? "SIGTERM"] ?? 0)));
}
