import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isThere, offeredBy, programOf, ways } from './shells.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookchart-completion-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'a.json'), '{}');
const program = resolve('dist/src/cli/main.js');
const script = (shell: string) =>
  execFileSync(process.execPath, [program, 'completion', shell], { encoding: 'utf8' });
const told = new Map<string, string>();
/** What a command says of itself, asked once. */
function help(command = ''): string {
  const args = [...command.split(' ').filter(Boolean), '--help'];
  const text = told.get(command) ?? execFileSync(process.execPath, [program, ...args]).toString();
  told.set(command, text);
  return text;
}

/** What is typed, of which the last word is not whole, and what is offered. */
const typed: readonly (readonly [string, ...string[]])[] = [
  ['hookchart so', 'soak'],
  ['hookchart --v', '--version'],
  ['hookchart chart --for', '--format'],
  ['hookchart chart --format ', 'mermaid', 'dot', 'svg', 'json', 'xstate'],
  ['hookchart chart update', 'update-status'],
  ['hookchart plan leader', 'leader-elected'],
  ['hookchart completion ', 'bash', 'zsh', 'fish'],
  ['hookchart pack --runtime ', 'bun', 'node'],
  ['hookchart inspect a', 'a.json'],
  ['hookchart inspect --he', '--help'],
  ['hookchart verify --replay a', 'a.json'],
  ['hookchart soak --hooks '],
  ['hookchart nothing '],
  [
    'hookchart juju re',
    ...['recover', 'refresh', 'remove-unit', 'remove-application', 'remove-relation', 'resolved'],
  ],
  ['hookchart juju crash --how ', 'hook', 'commit', 'lease', 'agent', 'container', 'checks', 'pod'],
  ['hookchart juju status --form', '--format'],
  ['hookchart juju deploy a', 'a.json'],
];

describe('a script', () => {
  it.each(['bash', 'zsh', 'fish'])('for %s says to do what the help says', (shell) => {
    const [, how = ''] =
      new RegExp(`${shell}: +(.*?)(, (in|after) .*)?$`, 'm').exec(help('completion')) ?? [];
    expect(how).toContain(`hookchart completion ${shell}`);
    expect(script(shell).split('\n').slice(0, 2).join('\n')).toContain(how);
  });
});

describe.each(ways)('a real %s', (way) => {
  const isHere = isThere(way);
  const shell = programOf(way);
  const why = isHere ? '' : `, but there is none to ask: apt-get install ${shell}`;

  it.skipIf(!isHere)(`offers what can be typed${why}`, () => {
    const lines = typed.map(([line]) => line);
    const offered = offeredBy(way, script(shell), lines, folder);
    expect(lines.map((line, index) => [line, ...(offered[index] ?? [])])).toEqual(
      typed.map(([line, ...words]) => [line, ...words.toSorted()]),
    );
  });

  it.skipIf(!isHere)(`offers values after = as well${why}`, () => {
    const lines = ['hookchart chart --format=', 'hookchart chart --format=m'];
    const offered = offeredBy(way, script(shell), lines, folder);
    // Fish takes the option and its value for one word.
    const whole = offered.map((words) => words.map((word) => word.replace(/^.*=/, '')));
    expect(whole).toEqual([['dot', 'json', 'mermaid', 'svg', 'xstate'], ['mermaid']]);
  });
});

describe.each(['bash', 'zsh', 'fish'])('hookchart completion %s', (shell) => {
  it('has every command and every option of it', () => {
    const text = script(shell);
    const commands = [...help().matchAll(/^ {2}([a-z]+) /gm)].map(([, name = '']) => name);
    expect(commands.length).toBeGreaterThan(9);
    for (const command of commands.filter((name) => name !== 'help')) {
      expect(text).toMatch(new RegExp(`\\b${command}\\b`));
      for (const [, option = ''] of help(command).matchAll(/^ {2}--([a-z-]+)/gm))
        expect(text, `${command} --${option}`).toContain(
          shell === 'fish' ? `from ${command}' -l ${option}` : `--${option}`,
        );
    }
  });

  it('has every command of juju, and every option of each', () => {
    const text = script(shell);
    const known = [...help('juju').matchAll(/^ {2}([a-z-]+)(?:\|[a-z]+)? \[options\]/gm)];
    expect(known.length).toBeGreaterThan(15);
    for (const [, name = ''] of known) {
      for (const [, option = ''] of help(`juju ${name}`).matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm))
        if (option !== 'help')
          expect(text, `juju ${name} --${option}`).toContain(
            shell === 'fish'
              ? `from juju; and __fish_seen_subcommand_from ${name}' -l ${option}`
              : `--${option}`,
          );
    }
  });

  it('leaves no quote open', () => {
    // What each of the three takes for a word: single quotes are balanced once escaped ones are out.
    const bare = script(shell).replaceAll(/'\\''|\\'|^#.*$/gm, '');
    for (const line of bare.split('\n')) expect((line.match(/'/g) ?? []).length % 2, line).toBe(0);
  });
});
