import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** Each unit answers each word of another one's. */
const dispatch = `#!/bin/sh
case $JUJU_HOOK_NAME in
hands-relation-*) relation-set turn="$JUJU_CONTEXT_ID" ;;
esac
`;

it('hookchart soak --json tells one round of hooks that never end', { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'hookchart-endless-'));
  try {
    writeFileSync(
      join(folder, 'metadata.yaml'),
      'name: clock\npeers:\n  hands:\n    interface: hands\n',
    );
    writeFileSync(join(folder, 'dispatch'), dispatch);
    chmodSync(join(folder, 'dispatch'), 0o755);
    const { stdout } = spawnSync(
      process.execPath,
      ['dist/src/cli/main.js', 'soak', '--charm', folder, '--hooks', '20', '--json'],
      { encoding: 'utf8' },
    );
    const { violations, story } = JSON.parse(stdout).failure;
    expect(violations).toMatchObject([{ invariant: 'HooksEnd' }]);
    expect(story.at(-1)).toMatch(/^ {4}and so on, \d+ hooks more and without end$/);
    expect(story.length).toBeLessThan(60);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
