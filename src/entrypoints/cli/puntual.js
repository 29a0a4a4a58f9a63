#!/usr/bin/env node
/**
 * The command `puntual`: plain JavaScript, so that whichever Node the machine has can begin.
 *
 * In the repository it runs TypeScript as it is; an older Node than that needs hands over to the one that `npm ci`
 * installed beside us: same arguments, same terminal, and its exit code is ours. In the package, which has JavaScript
 * and brings no Node, an older one is refused.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const NEEDED_MAJOR = 24;

const source = new URL("./main.ts", import.meta.url);
const isRepository = existsSync(source);

if (Number(process.versions.node.split(".")[0]) >= NEEDED_MAJOR) {
  // What it read of it a process keeps to its end, 8 MiB: not for one that starts once and stays. In the repository the types
  // would have to be taken out of every file instead, which costs more than twice as much.
  const stays = ["start", "serve"].includes(process.argv[2] ?? "");
  if (isRepository || !stays) module.enableCompileCache();
  // Node ends so where nothing is left to wait for, and what was awaited never came: a lost connection that tells nobody.
  process.once("exit", (code) => {
    if (code !== 13) return;
    process.stderr.write("puntual: it waited for an answer that can never come, and ends; start it again.\n");
    process.exitCode = 1;
  });
  const built = new URL("../../../dist/src/entrypoints/cli/main.js", import.meta.url);
  const { main } = await import((isRepository ? source : built).href);
  await main(process.argv);
} else {
  const node = isRepository ? pinnedNode() : null;
  if (node !== null) handOver(node);
  else {
    process.stderr.write(
      `puntual: this is Node ${process.versions.node}; Node ${NEEDED_MAJOR} or later is needed.` +
        (isRepository
          ? " Run `npm ci` in Puntual's folder, without --ignore-scripts: it installs one of its own.\n"
          : "\n"),
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
