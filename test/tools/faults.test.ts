import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { faults } from './faults.ts';
import { brokenRules } from './tenant-faults.ts';

describe('planted faults', () => {
  it('are at least twenty, each with a name of its own', () => {
    expect(faults.length).toBeGreaterThanOrEqual(20);
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
  });

  it.each(faults)('$name: its place is there, once', ({ file, edits, also }) => {
    for (const place of [{ file, edits }, ...(also === undefined ? [] : [also])])
      for (const [find] of place.edits)
        expect(readFileSync(place.file, 'utf8').split(find).length, find).toBe(2);
  });

  it('are all in the table of the docs', () => {
    const page = readFileSync('docs/verify.md', 'utf8');
    for (const { name } of faults) expect(page).toContain(`| ${name} |`);
  });
});

describe('rules that keep tenants apart, broken', () => {
  it.each(brokenRules)('$rule: its place is there, once', ({ file, edits }) => {
    for (const [find] of edits) expect(readFileSync(file, 'utf8').split(find).length, find).toBe(2);
  });
});
