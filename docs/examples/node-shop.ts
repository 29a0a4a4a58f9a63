/** A shop on plain node:http. Express takes the same lines. */
import { createServer, type Server } from "node:http";
import { json } from "node:stream/consumers";
import { type Puntual, Refused } from "../../src/entrypoints/library.ts";
import { type Member, signUp } from "./sign-up.ts";

export function shop(puntual: Puntual): Server {
  return createServer((request, response) => {
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    if (request.method !== "POST" || request.url !== "/members") return answer(404, { error: "there is no such page" });
    json(request)
      .then(async (member) => answer(201, await signUp(puntual, member as Member)))
      .catch((error: unknown) => answer(error instanceof Refused ? 409 : 500, { error: "nothing was charged" }));
  });
}
