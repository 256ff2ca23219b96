/** The camera: its picture in a dialog where the browser allows that, in a secure context; else the system's own camera. */

import { showDialog } from "../../lib/dialog.js";
import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { showError } from "../../lib/notice.js";

/**
 * A button that takes a picture; null where there is no camera to be reached.
 * @param {(file: File) => void} onPicture
 * @returns {(HTMLElement | null)[]}
 */
export function cameraButton(onPicture) {
  if (navigator.mediaDevices && isSecureContext) {
    return [h("button", { id: "camera", on: { click: () => void takePicture(onPicture).catch(showError) } }, t("camera.open"))];
  }
  if (!matchMedia("(pointer: coarse)").matches) return [null];
  const input = h("input", { type: "file", accept: "image/*", hidden: true, on: { change: () => {
    if (input.files?.[0]) onPicture(input.files[0]);
    input.value = "";
  } } });
  input.setAttribute("capture", "environment");
  return [input, h("button", { id: "camera", on: { click: () => input.click() } }, t("camera.open"))];
}

/** @param {(file: File) => void} onPicture */
async function takePicture(onPicture) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } })
    .catch((error) => {
      throw new Error(t(error.name === "NotFoundError" ? "camera.none" : "camera.denied"));
    });
  const video = h("video", { muted: true, playsInline: true, autoplay: true, srcObject: stream, "aria-label": t("camera.picture") });
  const take = h("button", { class: "primary", disabled: true, on: { click: () => {
    const canvas = h("canvas", { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext("2d")?.drawImage(video, 0, 0);
    canvas.toBlob((blob) => blob && onPicture(new File([blob], "camera.png", { type: blob.type })));
    close();
  } } }, t("camera.take"));
  video.addEventListener("loadeddata", () => (take.disabled = false));
  const { close, closed } = showDialog(t("camera.title"), [
    h("div", { class: "camera" }, video),
    h("div", { class: "toolbar" }, take, h("button", { on: { click: () => close() } }, t("link.close"))),
  ]);
  await closed;
  for (const track of stream.getTracks()) track.stop();
}
