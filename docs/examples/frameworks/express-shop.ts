/** A shop on Express: members sign up over HTTP. Whoever charges (`run`, `npx puntual start`) charges them. */
import express, { type Express } from "express";
import { NeedsConfirmation, type Puntual } from "puntual";
import { type Member, signUp } from "../sign-up.ts";

export function shop(puntual: Puntual): Express {
  const app = express();
  app.use(express.json());
  app.post("/members", async (request, response) => {
    try {
      response.status(201).json(await signUp(puntual, request.body as Member));
    } catch (error) {
      if (!(error instanceof NeedsConfirmation)) throw error;
      response.status(409).json({ error: "there is a member of this e-mail and phone" });
    }
  });
  return app;
}
