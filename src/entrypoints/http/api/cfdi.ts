/** `/v1/cfdi`: what became of the documents that the accountant had stamped. Nothing is stamped here. */
import { z } from "zod";
import { noteStamp } from "../../../application/invoices/cfdi-documents.ts";
import type { Reader } from "../../../application/ports/requests.ts";
import { documentOf } from "./documents.ts";
import { changes, reads } from "./endpoint.ts";

const cfdiDocument = z.strictObject({
  document_id: z.string(),
  cfdi: z
    .strictObject({
      document_id: z.string().meta({ description: "Its own, or of the global invoice that it is part of." }),
      exported_at: z.iso.datetime().nullable(),
      uuid: z.string().nullable(),
      status: z.enum(["stamped", "canceled"]).nullable(),
    })
    .nullable(),
});
async function cfdiIn(
  reader: Pick<Reader, "fiscal">,
  { params: { document_id: documentId } }: { readonly params: { readonly document_id: string } },
) {
  const record = await reader.fiscal.recordOf(documentId);
  if (record === null) return { document_id: documentId, cfdi: null };
  const { id, exportedAt, uuid, status } = record;
  return { document_id: documentId, cfdi: documentOf({ documentId: id, exportedAt, uuid, status }) };
}

export const CFDI_ENDPOINTS = [
  reads({
    path: "/v1/cfdi/{document_id}",
    summary: "What became of the CFDI of an invoice, a refund or a global invoice; null: nothing yet.",
    commands: ["invoices cfdi"],
    answer: cfdiDocument,
    isResource: true,
    read: ({ app, params }) => cfdiIn(app.store, { params }),
  }),
  changes({
    method: "PUT",
    path: "/v1/cfdi/{document_id}",
    summary: "Note its stamp, or that it was canceled. Nothing is stamped here.",
    commands: ["invoices cfdi"],
    scope: "write",
    body: { uuid: z.uuid().optional(), status: z.enum(["stamped", "canceled"]).optional() },
    echoes: cfdiDocument,
    answer: cfdiDocument,
    resource: cfdiIn,
    async change({ app, store, params, body }) {
      const { uuid = null, status } = body;
      // What was read, and nothing to note beside it.
      if ("cfdi" in body && uuid === null && status === undefined) return;
      await noteStamp({ store, clock: app.clock }, params.document_id, { uuid, status: status ?? "stamped" });
    },
    answerOf: cfdiIn,
  }),
];
