// pm2 loads this with require(); only a named export works in a project of ES modules.
import { existsSync } from "node:fs";
import path from "node:path";

// The repository's own, where development parts are installed; else the one that pm2 finds, which must be 24 or later.
const pinned = path.join(import.meta.dirname, "node_modules/.bin/node");

export const apps = [
  {
    name: "puntual",
    script: path.join(import.meta.dirname, "src/entrypoints/cli/puntual.js"),
    args: "start",
    cwd: import.meta.dirname,
    interpreter: existsSync(pinned) ? pinned : "node",
    // The young garbage of a burst would take 80 MB more (docs/performance.md).
    node_args: "--max-semi-space-size=16",
    exec_mode: "fork",
    // One daemon a SQLite file: a second one would be refused anyway.
    instances: 1,
    // Without this pm2's own agent swallows unhandled rejections, and a dead daemon stays "online".
    pmx: false,
    wait_ready: true,
    listen_timeout: 15_000,
    // Longer than one charge may take (CONEKTA_TIMEOUT_MS, 30 s) and its commit.
    kill_timeout: 45_000,
    autorestart: true,
    exp_backoff_restart_delay: 200,
    // A fault of the configuration does not go away by starting again. (pm2 then says "waiting restart", and does not.)
    stop_exit_codes: [78],
    merge_logs: true,
    time: false,
    out_file: "./logs/out.log",
    error_file: "./logs/err.log",
    env: { NODE_ENV: "production" },
  },
];
