/**
 * The form of what is on record. It moves when an earlier version could not go on from what a later
 * one writes: records that it would misread, or whose loss it would not notice. A key that it may pass
 * over moves nothing.
 */
import { quote } from '../../juju/hook-tools/printable.ts';
import { formatKey } from '../keys.ts';
import type { Databag } from './request.ts';

/** That of this version. What version 0.1 wrote says none. */
const format = 1;

/** What a databag or a state says to mark its form. */
export const formatMark: Databag = { [formatKey]: String(format) };

/** The form that a later version has written, in words; null where this version knows it. */
export function laterFormat({ [formatKey]: text = '' }: Databag): string | null {
  const isKnown = text === '' || (/^\d{1,9}$/.test(text) && Number(text) <= format);
  return isKnown
    ? null
    : `it has the form ${quote(text)}, and this version of the charm knows ${format}`;
}
