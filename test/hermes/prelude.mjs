// What React Native's current engine has, and the published one for the command line has not.
/* oxlint-disable import/no-unassigned-import -- These change the engine. */
import "core-js/actual/array/at.js";
import "core-js/actual/array/find-last.js";
import "core-js/actual/array/find-last-index.js";
import "core-js/actual/array/to-sorted.js";
import "core-js/actual/array/with.js";
import "core-js/actual/object/has-own.js";
import "core-js/actual/typed-array/at.js";

/** As much of an `AbortController` as training needs. */
function Controller() {
  /** @type {(() => void)[]} */
  const listeners = [];
  const signal = {
    aborted: false,
    addEventListener: (/** @type {string} */ _type, /** @type {() => void} */ listener) =>
      void listeners.push(listener),
    removeEventListener() {},
  };
  const abort = () => {
    signal.aborted = true;
    for (const listener of listeners) listener();
  };
  return { signal, abort };
}

let now = 0;
Object.assign(globalThis, {
  AbortController: Controller,
  performance: { now: () => (now += 1) },
});
