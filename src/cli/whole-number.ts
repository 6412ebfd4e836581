import { InvalidArgumentError } from 'commander';

/** The value of an option that counts something. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It is to be a whole number.');
  return Number(text);
}

/** How many runs are kept: at least one. */
export function keeping(text: string): number {
  const count = wholeNumber(text);
  if (count < 1) throw new InvalidArgumentError('It is to be at least 1.');
  return count;
}
