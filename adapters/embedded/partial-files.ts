/** How the names of files begin that are being written; a reader never sees them. */
export const partialPrefix = '.loligo-partial-';
