/**
 * How much one view of the page may read and show, whatever lies in the registry.
 *
 * @module
 */

/** Repositories on one page of the list. */
export const REPOSITORIES_A_PAGE = 50;

/** Tags on one page of a repository: each one costs reading a manifest and its children. */
export const TAGS_A_PAGE = 25;

/** Platforms on one page of an index. */
export const PLATFORMS_A_PAGE = 50;

/** Most names or tags that are gone through to sort them. Filtering finds those beyond. */
export const NAMES_LIMIT = 10_000;

/** Most tags of a repository that are counted for the list. */
export const COUNT_LIMIT = 1000;

/** Most rows of layers, annotations and labels. */
export const ROWS_LIMIT = 100;

/** Most referrers that are listed. */
export const REFERRERS_LIMIT = 50;

/** Most characters of a text that a stranger wrote. */
export const TEXT_LIMIT = 2000;

/** Most characters of a filter. */
export const FILTER_LIMIT = 200;

/** Most documents that are read for one view, and their bytes. */
export const DOCUMENTS_LIMIT = 600;
export const DOCUMENT_BYTES_LIMIT = 32 * 1024 * 1024;
