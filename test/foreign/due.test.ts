/** Secrets whose time comes, and storage that goes, in charms in a folder. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  asksAndReads,
  type OtherSide,
  openForeignCharm,
  soakForeign,
} from '../../src/foreign/index.ts';
import { planted, soakTiny } from './tiny-charms.ts';

const made: string[] = [];
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true });
});

function charm(dispatch: string, metadata = ''): string {
  const folder = mkdtempSync(join(tmpdir(), 'hookchart-due-'));
  made.push(folder);
  writeFileSync(join(folder, 'metadata.yaml'), `name: clock\n${metadata}`);
  writeFileSync(join(folder, 'dispatch'), `#!/bin/sh\nset -eu\n${dispatch}`);
  chmodSync(join(folder, 'dispatch'), 0o755);
  return folder;
}

async function soaked(
  folder: string,
  hooks: number,
  others: Readonly<Record<string, OtherSide>> = {},
): Promise<readonly string[]> {
  const opened = await openForeignCharm(folder, { others });
  try {
    const { failure } = await soakForeign(opened, { hooks, seed: 1, shrinkSeconds: 0 });
    return failure?.violated.violations.map(({ invariant, what }) => `${invariant}: ${what}`) ?? [];
  } finally {
    opened.close();
  }
}

/** It makes a secret with a time, and writes down what it is told of it. */
const keeps = (times: string, inTime: string) => `
case $JUJU_HOOK_NAME in
leader-elected)
  secret-info-get --label hour >/dev/null 2>&1 || secret-add --label hour ${times} word=one >/dev/null
  ;;
secret-rotate | secret-expired)
  # A hook that has failed comes again to a unit that leads no more.
  [ "$(is-leader)" = True ] || exit 0
  echo "$JUJU_HOOK_NAME $JUJU_SECRET_LABEL \${JUJU_SECRET_REVISION:-none}" >>LOG
  ${inTime}
  ;;
esac
`;

describe('a secret with a time', { timeout: 60_000 }, () => {
  it.each([
    [
      'rotate',
      '--rotate daily',
      'secret-set "$JUJU_SECRET_ID" word="$(head -c 9 /dev/urandom | base64)"',
      /^secret-rotate hour none$/,
    ],
    ['expired', '--expire 24h', 'secret-remove "$JUJU_SECRET_ID"', /^secret-expired hour \d+$/],
  ])('has its leader told: secret-%s', async (_, times, inTime, told) => {
    const log = join(tmpdir(), `hookchart-due-${process.pid}-${_}`);
    writeFileSync(log, '');
    made.push(log);
    const folder = charm(keeps(times, inTime).replaceAll('LOG', log));
    expect(await soaked(folder, 400)).toEqual([]);
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(line).toMatch(told);
  });

  it('is never told of where none was set', async () => {
    const folder = charm(keeps('--rotate never', 'exit 1').replaceAll('LOG', '/dev/null'));
    expect(await soaked(folder, 150)).toEqual([]);
  });

  it('may find a charm that fails then', async () => {
    const folder = charm(keeps('--rotate weekly', 'exit 1').replaceAll('LOG', '/dev/null'));
    expect(await soaked(folder, 500)).toEqual([
      expect.stringMatching(/^HooksSucceed: clock\/\d fails again and again in secret-rotate/),
    ]);
  });
});

describe('a secret of a relation', { timeout: 120_000 }, () => {
  it('is pruned as its owner is told, and of one that is gone nobody is told', async () => {
    const log = join(tmpdir(), `hookchart-due-${process.pid}-pruned`);
    writeFileSync(log, '');
    made.push(log);
    const folder = planted('bash', [
      [
        '    (umask 077; head -c 18 /dev/urandom | base64 >.password)\n',
        '    (umask 077; printf %s "$(head -c 18 /dev/urandom | base64)" >.password)\n',
      ],
      [
        '    rm -f .password\n  fi\n',
        `    rm -f .password
  else
    (umask 077; printf %s "$(secret-get --refresh "secret:\${id##*[:/]}" password)" >.password)
    secret-set "secret:\${id##*[:/]}" password#file=.password greeting="$(config-get greeting)"
    rm -f .password
  fi
`,
      ],
      [
        'case $hook in install |',
        `if [ "$hook" = secret-remove ]; then
  # A hook that has failed comes again to a unit that leads no more.
  [ "$(is-leader)" = True ] || exit 0
  secret-remove "$JUJU_SECRET_ID" --revision "$JUJU_SECRET_REVISION"
  echo "$JUJU_SECRET_REVISION" >>${log}
  exit 0
fi
case $hook in install |`,
      ],
    ]);
    const configurations = [{ greeting: 'ahoy' }];
    const { failure } = await soakTiny('bash', folder, { hooks: 400, configurations });
    expect(failure?.violated.message).toBeUndefined();
    expect(readFileSync(log, 'utf8')).toMatch(/^1$/m);
  });

  it('has an id that no format takes for a number', async () => {
    const folder = charm(
      `[ $JUJU_HOOK_NAME = install ] || exit 0
id=$(secret-add --owner unit word=one)
secret-ids --format yaml | grep -qx -- '- c[0-9a-v]\\{19\\}'
`,
    );
    expect(await soaked(folder, 30)).toEqual([]);
  });
});

describe('storage', { timeout: 60_000 }, () => {
  const metadata = 'storage:\n  data:\n    type: filesystem\n';

  it('is listed as long as a unit has it, and not known any more once it was let go of', async () => {
    const folder = charm(
      `case $JUJU_HOOK_NAME in data-storage-*) rm -f gone ;; esac
[ -e gone ] && has= || has=data/0
[ "$(storage-list)" = "$has" ]
[ -n "$has" ] || ! storage-get -s data/0 location
case $JUJU_HOOK_NAME in data-storage-detaching) touch gone ;; esac
`,
      metadata,
    );
    expect(await soaked(folder, 100)).toEqual([]);
  });

  it('is let go of before a unit stops', async () => {
    const folder = charm(
      `case $JUJU_HOOK_NAME in
data-storage-detaching) echo "$JUJU_STORAGE_ID" >gone; ls "$(storage-get location)" ;;
stop) grep -q data/0 gone ;;
esac
`,
      metadata,
    );
    expect(await soaked(folder, 150)).toEqual([]);
    const careless = charm(
      `case $JUJU_HOOK_NAME in data-storage-detaching) exit 1 ;; esac\n`,
      metadata,
    );
    expect(await soaked(careless, 150)).toEqual([
      expect.stringContaining('fails again and again in data-storage-detaching'),
    ]);
  });

  const scratch = (range: string) =>
    `storage:\n  scratch:\n    type: filesystem\n    multiple:\n      range: ${range}\n`;
  const adding = (what: string) => `case $JUJU_HOOK_NAME in
start)
  [ -n "$(storage-list scratch)" ] || storage-add ${what}
  ;;
scratch-storage-attached)
  touch "told-\${JUJU_STORAGE_ID#scratch/}"
  [ "$(storage-get location)" = "$JUJU_STORAGE_LOCATION" ]
  echo mine >"$JUJU_STORAGE_LOCATION/own"
  ;;
scratch-storage-detaching) [ -e "$(storage-get location)/own" ] ;;
update-status)
  [ "$(storage-list scratch | tr '\\n' ' ')" = "scratch/0 scratch/1 " ]
  [ -e told-0 ] && [ -e told-1 ]
  ;;
esac
`;

  it.each(['0-2', '0+'])('is added where a unit asks for it (range %s)', async (range) => {
    expect(await soaked(charm(adding('scratch=2'), scratch(range)), 200)).toEqual([]);
  });

  it.each([
    [
      'scratch=3',
      '0-2',
      'attaching 3 storage instances brings the total to 3, exceeding the maximum of 2',
    ],
    [
      'scratch=2',
      '0-1',
      'attaching 2 storage instances brings the total to 2, exceeding the maximum of 1',
    ],
    ['attic', '0+', 'charm storage "attic" not found'],
  ])('is refused with the commit: %s of %s', async (what, range, why) => {
    const folder = charm(adding(what), scratch(range));
    expect((await soaked(folder, 100)).join()).toContain(
      `CommitsAreTaken: Juju refuses what clock/0 wrote in start: ERROR adding "${what.split('=')[0]}" storage to clock/0: ${why}`,
    );
  });

  it.each(['0-3', '0+'])(
    'is attached to nobody where a unit may do without it: %s',
    async (range) => {
      const optional = `storage:
  data:
    type: filesystem
    multiple:
      range: ${range}
`;
      const folder = charm('[ -z "$(storage-list)" ]\n', optional);
      expect(await soaked(folder, 30)).toEqual([]);
      const needed = charm('[ -z "$(storage-list)" ]\n', optional.replace('range: 0', 'range: 1'));
      expect(await soaked(needed, 30)).toEqual([expect.stringContaining('HooksSucceed')]);
    },
  );
});

describe('a port', { timeout: 60_000 }, () => {
  it('is open once its hook has ended well, and not before', async () => {
    const log = join(tmpdir(), `hookchart-due-${process.pid}-ports`);
    writeFileSync(log, '');
    made.push(log);
    // The first try of each hook fails after it has opened one.
    const folder = charm(`case $JUJU_HOOK_NAME in
install)
  [ -z "$(opened-ports)" ] || echo early >>${log}
  open-port 80
  [ -e tried ] || { touch tried; exit 1; }
  ;;
update-status) opened-ports >>${log} ;;
esac
`);
    expect(await soaked(folder, 40)).toEqual([]);
    expect(new Set(readFileSync(log, 'utf8').trim().split('\n'))).toEqual(new Set(['80/tcp']));
  });
});

describe('what comes seldom', { timeout: 120_000 }, () => {
  const metadata =
    'provides:\n  database:\n    interface: sql\npeers:\n  ones:\n    interface: ones\n';

  it('is an upgrade', async () => {
    const folder = charm('[ $JUJU_HOOK_NAME != upgrade-charm ]\n', metadata);
    expect(await soaked(folder, 100)).toEqual([
      expect.stringMatching(/^HooksSucceed: clock\/\d fails again and again in upgrade-charm/),
    ]);
  });

  it.each(['ones', 'database'])("is the leader's own end in %s", async (endpoint) => {
    const dispatch = `case $JUJU_HOOK_NAME in
${endpoint}-relation-departed)
  [ "$(is-leader)" != True ] || [ "\${JUJU_DEPARTING_UNIT:-}" != "$JUJU_UNIT_NAME" ]
  ;;
esac
`;
    expect(await soaked(charm(dispatch, metadata), 100)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^HooksSucceed: clock/\\d fails again and again in ${endpoint}-relation-departed`,
        ),
      ),
    ]);
  });

  it.each([
    ['rotates', '--rotate weekly', 'secret-rotate'],
    ['expires', '--expire 24h', 'secret-expired'],
  ])('is that a secret %s', async (_, times, hook) => {
    const folder = charm(keeps(times, 'exit 1').replaceAll('LOG', '/dev/null'), metadata);
    expect(await soaked(folder, 100)).toEqual([
      expect.stringContaining(`fails again and again in ${hook}`),
    ]);
  });

  it('is that somebody asks for something else', async () => {
    const answers = (isRenewed: boolean) =>
      charm(
        `[ "$(is-leader)" = True ] || exit 0
[ $JUJU_HOOK_NAME != database-relation-broken ] || exit 0
for id in $(relation-ids database); do
  name=$(relation-get -r "$id" --app name "$(relation-list -r "$id" --app)")
  known=$(relation-get -r "$id" --app name "\${JUJU_UNIT_NAME%/*}")
  [ -z "$name" ] || { [ -n "$known" ] && ${!isRenewed}; } || relation-set -r "$id" --app name="$name"
done
`,
        metadata,
      );
    const requests = [{ name: 'ships' }, { name: 'boats' }];
    const others = { database: { script: asksAndReads, requests } };
    expect(await soaked(answers(false), 100, others)).toEqual([
      expect.stringMatching(/^AnswersHold: relation \d+ .* has name (ships|boats), and/),
    ]);
    expect(await soaked(answers(true), 200, others)).toEqual([]);
  });
});
