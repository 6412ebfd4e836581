import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { termsIn } from '../../src/packaging/licenses.ts';

describe('the terms of a package in the charm', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hookchart-terms-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are those of its file', () => {
    writeFileSync(join(folder, 'README.md'), '# It\n\n## License\n\nMIT\n');
    writeFileSync(join(folder, 'LICENCE.txt'), 'Permission is granted.\n');
    expect(termsIn(folder)).toBe('Permission is granted.');
  });

  it('are a section of its README where it has no such file', () => {
    const text = '# It\n\n## license\n\nPermission is granted.\n\n## Other\n\nThings.\n';
    writeFileSync(join(folder, 'readme.md'), text);
    expect(termsIn(folder)).toBe('Permission is granted.');
  });

  it.each(['# It\n', '# It\n\n## License\n\nMIT\n'])(
    'have to be there as a text, and %j has none',
    (text) => {
      writeFileSync(join(folder, 'README.md'), text);
      expect(termsIn(folder)).toBeNull();
    },
  );
});
