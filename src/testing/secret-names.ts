/** By what secrets and what is in them are called. */

export const isSecretKey = (key: string): boolean => /^[a-z](-?[a-z0-9]){2,}$/.test(key);

/** An id without what says that it is one, and of which model. */
export const shortId = (id: string): string => id.replace(/^secret:(\/\/[^/]*\/)?/, '');

export const secretUri = (number: number): string =>
  `secret://simulated/c${String(number).padStart(19, '0')}`;
