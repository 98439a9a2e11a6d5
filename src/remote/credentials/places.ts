/**
 * Where this program looks for what belongs to the user.
 *
 * @module
 */

/** The surroundings that decide which files are read. */
export interface Places {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The home folder. */
  readonly home: string;
  /** The number of the user; undefined where users have none. */
  readonly uid: number | undefined;
  /** Milliseconds until a helper is killed. @default 60000 */
  readonly helperTimeout?: number | undefined;
}
