// A value that can be listened to, and a happening that can.

/** @typedef {() => void} Off stops listening */

/**
 * Calls one listener. One that fails is reported where uncaught errors are, and keeps nobody else
 * from hearing.
 * @param {(...told: any[]) => void} listener
 * @param {any[]} told
 */
function tell(listener, told) {
  try {
    listener(...told);
  } catch (fault) {
    queueMicrotask(() => {
      throw fault;
    });
  }
}

/**
 * Something that happens, with what is told of it.
 * @template {any[]} T
 */
export class Happening {
  /** @type {Set<(...told: T) => void>} */ #listeners = new Set();

  /**
   * @param {(...told: T) => void} listener
   * @returns {Off}
   */
  on(listener) {
    // One of its own, so that a function that listens twice hears twice and leaves once.
    const own = (/** @type {T} */ ...told) => listener(...told);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** @param {T} told */
  emit(...told) {
    for (const listener of [...this.#listeners]) tell(listener, told);
  }
}

/**
 * A value that changes: `now`, and `on` for what it will be.
 * @template T
 */
export class Signal {
  /** @type {Happening<[T]>} */ #changes = new Happening();

  /** @param {T} now */
  constructor(now) {
    this.now = now;
    /** Listens to changes only; as React's `useSyncExternalStore` takes it. */
    this.subscribe = (/** @type {() => void} */ listener) => this.#changes.on(listener);
  }

  /**
   * Hears the value at once, unless there is none yet, and then whenever it is another.
   * @param {(now: NonNullable<T>) => void} listener
   * @returns {Off}
   */
  on(listener) {
    const hear = (/** @type {T} */ now) => {
      if (now !== null && now !== undefined) listener(now);
    };
    tell(hear, [this.now]);
    return this.#changes.on(hear);
  }

  /** @param {T} value */
  set(value) {
    if (value === this.now) return;
    this.now = value;
    this.#changes.emit(value);
  }
}
