/**
 * The page's side of its own backend: requests go to a worker, or to the page itself where the browser allows no worker.
 *
 * There are three, each begun when it is needed: for what follows the user's hand, for what takes seconds, and for trainings with the
 * models that come of them.
 */

import { t } from "../lib/i18n.js";
import { backendHost } from "./host.js";
import { pixelsOf } from "./pixels.js";

/** @import { BackendAnswer, HostMessage, HostReply, ListedModel, PageRequest, Proved } from "./types.d.ts" */

/** @typedef {"quick" | "slow" | "training"} Kind */
/** @typedef {{ post: (message: HostMessage) => void, has: Set<string> }} Lane where messages go, and the models that it has */

const SLOW = ["POST why", "GET turn", "GET gratings", "GET gradient-flow", "GET instruments/gradient-flow"];
const TRAINING = /^(data|runs|run|run\/.*|replay)$/, RUN = /^runs\//;
const page = /** @type {NonNullable<typeof globalThis.striatePage>} */ (globalThis.striatePage);

/** @type {Map<Kind, Promise<Lane>>} */
const lanes = new Map();
/** What waits for a reply, by its number. @type {Map<number, (reply: any) => void>} */
const waiting = new Map();
let requests = 0;

const listed = readJson("models").then((models) => /** @type {ListedModel[]} */ (models));
const documents = page.readPart("documents").then((bytes) => new TextDecoder().decode(bytes));

/** What the server would answer. @param {PageRequest} request @returns {Promise<BackendAnswer>} */
export async function ask({ picture, ...request }) {
  const lane = await laneOf(kindOf(request));
  await bring(lane, new URLSearchParams(request.query).get("model"));
  let pixels = null;
  if (picture) {
    try {
      pixels = await pixelsOf(picture);
    } catch {
      return { status: 422, body: { error: t("page.unreadable") } };
    }
  }
  const { answer } = await reply(lane, (id) => ({ kind: "request", id, request: { ...request, picture: pixels } }));
  return answer;
}

/** The page's engine beside torch, for each model that the page carries. @returns {Promise<Proved[]>} */
export async function proveAll() {
  const lane = await laneOf("slow");
  const proved = [];
  for (const [index, { info: { name } }] of (await listed).entries()) {
    await bring(lane, name);
    const proof = await readJson(`proof-${index}`);
    proved.push((await reply(lane, (id) => ({ kind: "prove", id, name, proof }))).proved);
  }
  return proved;
}

/** @param {Pick<PageRequest, "method" | "path" | "query">} request @returns {Kind} */
function kindOf({ method, path, query }) {
  const parameters = new URLSearchParams(query);
  if (TRAINING.test(path) || RUN.test(parameters.get("model") ?? "")) return "training";
  if (path === "models" && lanes.has("training")) return "training"; // which has those of the runs too
  const isSweep = path === "stress" && Boolean(parameters.get("sweep"));
  return isSweep || SLOW.includes(`${method} ${path}`) ? "slow" : "quick";
}

/** @param {Kind} kind */
function laneOf(kind) {
  const lane = lanes.get(kind) ?? begin();
  lanes.set(kind, lane);
  return lane;
}

/** A backend that has the documents. @returns {Promise<Lane>} */
async function begin() {
  const post = await worker().catch(() => {
    const handle = backendHost(receive);
    return (/** @type {HostMessage} */ message) => void setTimeout(() => void handle(message)); // the page paints before
  });
  post({ kind: "open", listed: await listed, documents: await documents });
  return { post, has: new Set() };
}

/** A worker that has begun; an error where the browser allows none. @returns {Promise<Lane["post"]>} */
function worker() {
  return new Promise((resolve, reject) => {
    const started = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    started.addEventListener("error", (event) => {
      event.preventDefault();
      reject(event);
    });
    started.addEventListener("message", ({ data }) => {
      if (data.kind === "ready") resolve((message) => started.postMessage(message));
      else receive(data);
    });
  });
}

/** @param {HostReply} message */
function receive(message) {
  waiting.get(message.id)?.(message);
  waiting.delete(message.id);
}

/** The reply to a message. @param {Lane} lane @param {(id: number) => HostMessage} make @returns {Promise<any>} */
function reply({ post }, make) {
  const id = ++requests;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    post(make(id));
  });
}

/** Bring a lane a model that the page carries. @param {Lane} lane @param {string | null} name */
async function bring({ post, has }, name) {
  const index = (await listed).findIndex(({ info }) => info.name === name);
  if (index < 0 || has.has(String(name))) return;
  has.add(String(name));
  const { macs, info: { side } } = (await listed)[index];
  post({ kind: "model", model: { name: String(name), macs, side, content: await page.readPart(`model-${index}`) } });
}

/** @param {string} part */
async function readJson(part) {
  return JSON.parse(new TextDecoder().decode(await page.readPart(part)));
}
