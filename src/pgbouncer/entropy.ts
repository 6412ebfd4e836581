/**
 * Passwords from the system’s generator.
 */
import { randomInt } from 'node:crypto';
import type { Entropy } from './ports.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Passwords of 24 letters and digits (142 bits) from the system's generator. */
export const cryptoEntropy: Entropy = {
  password: () => ({
    secret: Array.from({ length: 24 }, () => alphabet[randomInt(alphabet.length)]).join(''),
  }),
};
