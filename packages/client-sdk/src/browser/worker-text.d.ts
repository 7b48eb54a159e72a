/** The text of `worker.js`, which `infra/bundle-browser.mjs` makes. */
export const text: string;
