/** The backend in a worker of its own, so that the page stays quick while it computes. */

import { backendHost } from "./host.js";

/** @import { HostMessage } from "./types.d.ts" */

const handle = backendHost((reply) => postMessage(reply));
addEventListener("message", (/** @type {MessageEvent<HostMessage>} */ { data }) => void handle(data));
postMessage({ kind: "ready" });
