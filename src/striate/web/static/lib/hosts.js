/** Hosts of addresses. */

/** Whether an address ends at this machine. @param {string} host */
export const isLoopback = (host) => /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(host);
