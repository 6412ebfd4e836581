/** What is wrong with a part of a file, in words that go after its place. */
import type { BaseIssue } from 'valibot';

export const wrongShape = ({ type, received, expected }: BaseIssue<unknown>): string =>
  type === 'parse_json'
    ? 'is no JSON'
    : received === 'undefined'
      ? 'is missing'
      : `is to be ${expected ?? 'another value'}, and is ${received}`;
