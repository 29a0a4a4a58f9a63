/** What stands in deploy/, Dockerfile and compose.yaml is held to the program: names, paths, times. No engine is needed. */
import { describe, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { VARIABLES } from "../../src/config/variables.ts";

const ROOT = path.join(import.meta.dirname, "..", "..");
const read = (file: string): string => readFileSync(path.join(ROOT, file), "utf8");

/** What may take longest: a charge in flight. */
const LONGEST_CHARGE_S = Number(VARIABLES.CONEKTA_TIMEOUT_MS.default) / 1000;

describe("metrics", () => {
  const known = new Set(read("src/entrypoints/http/metrics.ts").match(/puntual_[a-z_]+/g));

  test.each(["deploy/prometheus-rules.yaml", "deploy/grafana-dashboard.json"])(
    "%s asks only for metrics that exist",
    (file) => {
      const named = read(file).match(/puntual_[a-z_]+/g) ?? [];
      expect(named.length).toBeGreaterThan(10);
      expect(named.filter((name) => !known.has(name))).toEqual([]);
    },
  );

  test("each alert has an expression, a severity and a sentence", () => {
    const { groups } = parse(read("deploy/prometheus-rules.yaml")) as {
      groups: { rules: Record<string, unknown>[] }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThanOrEqual(6);
    for (const rule of rules)
      expect(rule).toMatchObject({
        alert: expect.stringMatching(/^Puntual/),
        expr: expect.any(String),
        labels: { severity: expect.stringMatching(/^(page|ticket)$/) },
        annotations: { summary: expect.any(String) },
      });
  });
});

describe("Dockerfile", () => {
  const steps = read("Dockerfile")
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const of = (word: string): string[] =>
    steps.filter((step) => step.startsWith(`${word} `)).map((step) => step.slice(word.length + 1).trim());

  test("has two stages on a slim Node of the needed version", () => {
    const { engines } = JSON.parse(read("package.json")) as { engines: { node: string } };
    const [, major = ""] = /(\d+)/.exec(engines.node) ?? [];
    expect(of("FROM").map((image) => image.split(" ")[0])).toEqual(Array(2).fill(`node:${major}-bookworm-slim`));
  });

  test("copies only what is there, and what .dockerignore lets through", () => {
    const allowed = read(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    const sources = of("COPY")
      .filter((copy) => !copy.startsWith("--from"))
      .flatMap((copy) => copy.split(" ").slice(0, -1));
    expect(sources.filter((source) => !existsSync(path.join(ROOT, source)))).toEqual([]);
    expect(sources.filter((source) => !allowed.includes(source.split("/")[0] ?? ""))).toEqual([]);
  });

  test("does not run as root, has an init, a check of its health and a volume, and starts", () => {
    const last = (word: string) => of(word).at(-1);
    expect(last("USER")).toBe("node");
    expect(steps.indexOf("USER node")).toBeGreaterThan(steps.findLastIndex((step) => step.startsWith("RUN ")));
    expect(last("ENTRYPOINT")).toBe('["/usr/bin/tini", "--", "puntual"]');
    expect(last("CMD")).toBe('["start"]');
    expect(last("VOLUME")).toBe("/srv/puntual/data");
    expect(last("HEALTHCHECK")).toContain("/healthz");
  });

  test("its check of the health says 0 where the daemon answers, and 1 where nobody does or it fails", async () => {
    const [, words = ""] = /CMD (\[.*\])$/.exec(of("HEALTHCHECK").at(-1) ?? "") ?? [];
    const [program, ...args] = JSON.parse(words) as string[];
    expect(program).toBe("node");
    let status = 200;
    const server = createServer((request, response) => {
      response.writeHead(request.url === "/healthz" ? status : 404).end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const exitCode = async (): Promise<unknown> => {
      const child = spawn(process.execPath, args, { env: { HTTP_PORT: String(port) } });
      return ((await once(child, "exit")) as unknown[])[0];
    };
    expect(await exitCode()).toBe(0);
    status = 503;
    expect(await exitCode()).toBe(1);
    server.close();
    await once(server, "close");
    expect(await exitCode()).toBe(1);
  });

  test("its build runs scripts that exist", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const named = of("RUN").flatMap((step) => [...step.matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name));
    expect(named).toEqual(["build"]);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

test.each(["Dockerfile", "deploy/puntual.service", "ecosystem.config.js", "src/entrypoints/cli/init.ts"])(
  "%s starts it with a bound on the space of young garbage, which a burst fills",
  (file) => {
    expect(read(file)).toMatch(/(NODE_OPTIONS=|node_args: ")--max-semi-space-size=16\b/);
  },
);

describe("compose.yaml", () => {
  type Service = {
    profiles?: string[];
    read_only?: boolean;
    stop_grace_period?: string;
    environment: Record<string, string>;
  };
  const { services } = parse(read("compose.yaml"), { merge: true }) as { services: Record<string, Service> };
  const daemons = Object.entries(services).filter(([name]) => name.startsWith("daemon"));

  test("has one daemon on SQLite, and two on PostgreSQL in a profile", () => {
    expect(daemons.map(([name, { profiles }]) => [name, profiles ?? []])).toEqual([
      ["daemon", []],
      ["daemon-a", ["postgres"]],
      ["daemon-b", ["postgres"]],
    ]);
  });

  test.each(daemons)(
    "%s writes nothing but its volume, and is given longer than a charge to stop",
    (_name, service) => {
      expect(service.read_only).toBe(true);
      expect(Number.parseInt(service.stop_grace_period ?? "", 10)).toBeGreaterThan(LONGEST_CHARGE_S);
      expect(Object.keys(service.environment).filter((name) => !Object.hasOwn(VARIABLES, name))).toEqual([]);
    },
  );
});

describe("deploy/", () => {
  test("the unit is given longer than a charge to stop, and is not started again on 78", () => {
    const unit = read("deploy/puntual.service");
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(LONGEST_CHARGE_S);
    expect(unit).toMatch(/^RestartPreventExitStatus=78$/m);
    const [, script = ""] = /^ExecStart=\S+ node_modules\/puntual\/(\S+) start$/m.exec(unit) ?? [];
    expect(existsSync(path.join(ROOT, script))).toBe(true);
  });

  test("Kubernetes probes what needs no token, and its drain outlives the longest charge", () => {
    const documents = parseAllDocuments(read("deploy/kubernetes.yaml")).map((document) => document.toJS() as object);
    const probe = { httpGet: { path: "/healthz" } };
    expect(documents[0]).toMatchObject({
      kind: "Deployment",
      spec: {
        template: {
          spec: {
            securityContext: { runAsNonRoot: true },
            containers: [{ livenessProbe: probe, readinessProbe: probe, startupProbe: probe }],
          },
        },
      },
    });
    const [, seconds] = /terminationGracePeriodSeconds: (\d+)/.exec(read("deploy/kubernetes.yaml")) ?? [];
    expect(Number(seconds)).toBeGreaterThan(LONGEST_CHARGE_S);
  });
});
