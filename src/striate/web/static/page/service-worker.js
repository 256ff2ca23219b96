/**
 * Keeps the files of a page that is a folder, so that it opens without a network. Their list stands before this text; with a changed
 * one the page is another from the next time on that it is opened.
 */

/** @import { InstalledPage } from "./types.d.ts" */

const worker = /** @type {any} */ (self);
const { version, files } = /** @type {InstalledPage} */ (worker.installedPage);
const PREFIX = `striate ${worker.registration.scope} `;

worker.addEventListener("install", (/** @type {any} */ event) => {
  const keep = async () => (await caches.open(PREFIX + version)).addAll(files.map((file) => new Request(file, { cache: "reload" })));
  event.waitUntil(keep());
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  const forget = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== PREFIX + version).map((name) => caches.delete(name)));
  };
  event.waitUntil(forget().then(() => worker.clients.claim()));
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const kept = async () => (await caches.open(PREFIX + version)).match(event.request, { ignoreSearch: true });
  event.respondWith(kept().then((response) => response ?? fetch(event.request)));
});
