/** Presentation: the page for a projector. Larger text, more contrast, less around it; full screen where the browser allows. */

const root = document.documentElement;
const USUAL = 15; // pixels: the size of the page's text

export const isPresenting = () => "presentation" in root.dataset;

/** How many times its usual size the text of the page has. */
export const textScale = () => parseFloat(getComputedStyle(root).fontSize) / USUAL;

/**
 * @param {boolean} on
 * @returns {Promise<void>} resolves when the screen has changed, or is known not to
 */
export async function setPresenting(on) {
  root.toggleAttribute("data-presentation", on);
  try {
    if (on) await root.requestFullscreen?.();
    else if (document.fullscreenElement) await document.exitFullscreen();
  } catch {
    // the browser forbids it: the page alone changes
  }
}

/** Call `left` when the full screen is left by the browser's own means: the presentation ends with it. @param {() => void} left */
export function watchFullscreen(left) {
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement && isPresenting()) left();
  });
}
