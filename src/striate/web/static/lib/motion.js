/** Whether the system asks for less motion; asked each time, as it may change. */

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
