/** A shop on Fastify: members sign up over HTTP, and Puntual charges them in the same process. */
import { fastify, type FastifyInstance } from "fastify";
import { connect, NeedsConfirmation, run, type Settings } from "../../src/entrypoints/library.ts";
import { type Member, signUp } from "./sign-up.ts";

export async function shop(settings: Settings): Promise<FastifyInstance> {
  const puntual = await connect(settings);
  const runner = await run(settings);
  const server = fastify();
  server.addHook("onClose", async () => {
    await runner.stop();
    await puntual.close();
  });
  server.post<{ Body: Member }>("/members", async (request, reply) => {
    try {
      return await reply.code(201).send(await signUp(puntual, request.body));
    } catch (error) {
      if (!(error instanceof NeedsConfirmation)) throw error;
      return await reply.code(409).send({ error: "there is a member of this e-mail and phone" });
    }
  });
  return server;
}
