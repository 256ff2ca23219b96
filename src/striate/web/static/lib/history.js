/** The address follows the state: after all that a person does, as a step of Back where the view's table says so (lib/link.js). */

import { ANSWERED } from "./api.js";
import { isStep, linkOf, parseLink } from "./link.js";
import { state, watch } from "./state.js";

const INTERVAL = 400; // milliseconds between two changes: Safari allows 100 in 30 seconds
const SAME_STEP = 1000; // milliseconds within which further changes belong to the same step: of a slider, of typing
const BEFORE = ["pointerdown", "keydown", "click", "input", "change"];
const AFTER = ["pointerup", "keyup", "click", "change", "input", "drop", "paste"];

/** @type {number | undefined} */
let timer;
/** Whether what is written next may be a step of Back: a person did something. What the page fills in by itself is none. */
let mayStep = false;
let [written, stepped] = [-Infinity, -Infinity];
/** The address that the state is of. Any other was opened since, and is not overwritten before the state is that of it. */
let followed = "";

/** The state is that of the address now. */
export function setFollowed() {
  followed = location.hash;
  schedule();
}

/** Keep the address up to date from now on. */
export function followState() {
  for (const event of BEFORE) addEventListener(event, writeBefore, { capture: true, passive: true });
  for (const event of AFTER) addEventListener(event, writeSoon, { passive: true });
  watch(writeSoon);
  addEventListener(ANSWERED, schedule);
  setFollowed();
}

function writeSoon() {
  mayStep = true;
  schedule();
}

/** Write when all that belongs to a change is done. */
function schedule() {
  timer ??= setTimeout(write, Math.max(INTERVAL / 2, written + INTERVAL - performance.now()));
}

/** Before something is done, the address says what was there, for Back; unless another change waits. */
function writeBefore() {
  if (!mayStep && performance.now() - written > INTERVAL) write();
}

function write() {
  const canStep = mayStep;
  clearTimeout(timer);
  [timer, mayStep] = [undefined, false];
  if (state.models.length === 0) return; // the server did not answer: the address still says what to show then
  if (location.hash !== followed) return; // setFollowed writes
  const { view, parameters: before } = parseLink(location.hash);
  const link = linkOf(view);
  if (link === location.hash) return;
  const { parameters: after } = parseLink(link);
  const isStepped = canStep && [...(before ?? [])].some(([name, text]) => isStep(view, name) && text !== (after?.get(name) ?? ""));
  const now = performance.now();
  try {
    if (isStepped && now - stepped > SAME_STEP) history.pushState(null, "", link);
    else history.replaceState(null, "", link);
  } catch {
    return; // too many for this browser: the next change is written
  }
  [written, followed] = [now, location.hash];
  if (isStepped) stepped = now;
}
