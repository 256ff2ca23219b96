/**
 * A backend that takes messages and sends messages: in a worker, or where the browser allows none, in the page itself.
 *
 * Messages to it bring documents and models, or ask; it answers each request by its number.
 */

import { openModel } from "./models.js";
import { prove } from "./proof.js";
import { answer } from "./routes.js";

/** @import { Backend, HostMessage, HostReply } from "./types.d.ts" */

/** @param {(reply: HostReply) => void} send @returns {(message: HostMessage) => Promise<void>} */
export function backendHost(send) {
  /** @type {Backend} */
  const backend = { listed: [], models: new Map(), documents: new Map() };
  return async (message) => {
    switch (message.kind) {
      case "open":
        backend.listed = message.listed;
        backend.documents = new Map(Object.entries(JSON.parse(message.documents)));
        break;
      case "model": backend.models.set(message.model.name, openModel(message.model)); break;
      case "request": send({ kind: "answer", id: message.id, answer: await answer(backend, message.request) }); break;
      case "prove": {
        const model = backend.models.get(message.name);
        if (model) send({ kind: "proved", id: message.id, proved: await prove(model, message.proof) });
      }
    }
  };
}
