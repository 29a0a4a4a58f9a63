/** Signs members up at the shops of docs/examples/frameworks, in a folder that has the frameworks and the package. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { NestFactory } from "@nestjs/core";
import { connect, migrate, runOnce } from "puntual";
import { startSandbox } from "puntual/sandbox";
import { shop } from "./frameworks/express-shop.ts";
import { Billing, Shop } from "./frameworks/nest-shop.ts";

const sandbox = await startSandbox();
const settings = { databaseUrl: "sqlite:shops.db", conektaApiKey: "key_test", conektaBaseUrl: sandbox.url };
await migrate(settings);
const puntual = await connect(settings);
const lineItems = [{ name: "Oro", unitPriceCents: 20015 }];
await puntual.plans.put({ id: "oro", name: "Plan Oro", interval: "month", lineItems });

async function signedUp(framework: string, url: string): Promise<void> {
  const person = { id: framework, name: framework, email: `${framework}@example.mx`, phone: "+525598765432" };
  const body = JSON.stringify({ ...person, tokenId: "tok_test_visa_4242", start: "2026-01-31T09:00" });
  const headers = { "content-type": "application/json" };
  const answers: string[] = [];
  for (let time = 0; time < 2; time++) {
    const answer = await fetch(`${url}/members`, { method: "POST", headers, body });
    answers.push(`${answer.status} ${await answer.text()}`);
  }
  console.log(`${framework}: ${answers[0]}, and ${answers[0] === answers[1] ? "the same" : answers[1]} again`);
}

const express = shop(puntual).listen(0, "127.0.0.1");
await once(express, "listening");
await signedUp("express", `http://127.0.0.1:${(express.address() as AddressInfo).port}`);
express.close();

const nest = await NestFactory.create(Shop.on(settings), { logger: false });
await nest.listen(0, "127.0.0.1");
await signedUp("nest", await nest.getUrl());
await nest.get(Billing).puntual.subscriptions.list();
await nest.close();
console.log(`paid ${(await runOnce(settings)).paid}`);
await puntual.close();
await sandbox.close();
