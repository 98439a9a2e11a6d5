/**
 * Waiting for things that may never come.
 *
 * @module
 */

/**
 * The outcome of a promise, unless it takes too long.
 *
 * @param onLate is called after that many milliseconds; what it returns is thrown.
 */
export function within<T>(
  promise: Promise<T>,
  milliseconds: number,
  onLate: () => unknown,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(onLate()), Math.max(milliseconds, 0));
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
