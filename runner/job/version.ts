/** The package's version, as the first line of each log says it. */
export const version = '0.1.0';
