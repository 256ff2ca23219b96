/** Requests that follow fast input: never two at a time, and the last input always gets its answer. */

/**
 * A function that does not run twice at the same time. Calls during a run are merged into one further run, with the
 * arguments of the last call.
 * @template {unknown[]} A
 * @param {(...args: A) => Promise<void>} run
 * @returns {(...args: A) => Promise<void>} resolves when no call is pending
 */
export function coalesce(run) {
  /** @type {A | null} */
  let pending = null;
  /** @type {Promise<void> | null} */
  let running = null;
  const runAll = async () => {
    try {
      while (pending) {
        const args = pending;
        pending = null;
        await run(...args);
      }
    } finally {
      running = null; // at once: a call after the last look at `pending` runs anew
    }
  };
  return (...args) => {
    pending = args;
    return (running ??= runAll());
  };
}
