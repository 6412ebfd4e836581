/** The page about charms in Python, block by block, those included that take a Python. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { blocksOf } from '../docs/blocks.ts';
import { noPython, ops } from './tiny-charms.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookchart-page-'));
const program = join(folder, 'hookchart');
writeFileSync(program, `#!/bin/sh\nexec node ${resolve('dist/src/cli/main.js')} "$@"\n`);
chmodSync(program, 0o755);
afterAll(() => rmSync(folder, { recursive: true }));

/** Has a block of the page run where its earlier blocks have left their files. */
function run(body: string): { readonly stdout: string } {
  const { stdout } = spawnSync('bash', ['-uc', body], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: [folder, process.env.PATH].join(delimiter), NO_COLOR: '1' },
  });
  return { stdout };
}

/** The venv that the page makes is the one that these tests have made. */
function install(): void {
  symlinkSync(join(ops(), '../..'), join(folder, 'almanac/.venv'));
}

const lines = (text: string) =>
  text.split('\n').filter((line) => line !== '' && !line.includes('…'));

describe.skipIf(noPython !== null)(`docs/test-your-charm.md${noPython ?? ''}`, () => {
  const blocks = blocksOf('docs/test-your-charm.md').filter(({ language }) =>
    ['sh', 'js', 'python', 'console'].includes(language),
  );
  it.each(blocks.map((block, at) => [at + 1, block] as const))(
    'block %i does what the page says',
    (_, { language, body, output }) => {
      if (language === 'js' || language === 'python') {
        const [, name = ''] = /^(?:\/\/|#) (\S+\.(?:mjs|py))/.exec(body) ?? [];
        writeFileSync(join(folder, name), body);
        return;
      }
      if (body.includes('pip install')) return install();
      const { stdout } = run(body);
      const said = stdout.split('\n');
      // How a story is shortened depends on the machine's speed; what is at its margin does not.
      for (const line of lines(output ?? ''))
        if (!line.startsWith(' ')) expect(said).toContain(line);
    },
    180_000,
  );
});
