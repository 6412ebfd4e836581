/**
 * Ten faults that charms have in practice, and one for each oracle that none of those is for: each is
 * found within 500 hooks, by the oracle that is for it.
 */
import { describe, expect, it } from 'vitest';
import {
  type Edit,
  folderOf,
  isInPython,
  type Language,
  noPython,
  planted,
  soakTiny,
} from './tiny-charms.ts';

interface Fault {
  readonly what: string;
  readonly language: Language;
  readonly oracle: string;
  readonly edits: readonly Edit[];
  readonly configurations?: readonly Readonly<Record<string, unknown>>[];
}

const requestedInPython =
  'if isinstance(event, ops.RelationChangedEvent) and event.relation.name == "page":';
const answersAll = `            for relation in live if is_ready else []:
                self._answer(relation)
`;

const faults: readonly Fault[] = [
  {
    what: 'a request is lost when it is put off and the leader changes',
    language: 'python',
    oracle: 'AnswersHold',
    edits: [
      [
        answersAll,
        `            ${requestedInPython}
                if not is_ready:
                    event.defer()
                elif event.relation.active:
                    self._answer(event.relation)
`,
      ],
    ],
  },
  {
    what: 'a unit that does not lead writes',
    language: 'bash',
    oracle: 'FollowersDoNotWrite',
    edits: [
      [
        '  purge\nfi',
        `  purge
else
  for relation in $(relation-ids database); do relation-set -r "$relation" --app seen=yes || true; done
fi`,
      ],
    ],
  },
  {
    what: 'a secret is kept when its relation is gone',
    language: 'bash',
    oracle: 'SecretsGo',
    edits: [['  purge\nfi', 'fi']],
  },
  {
    what: 'an event that was put off finds its relation gone',
    language: 'python',
    oracle: 'HooksSucceed',
    edits: [
      [
        answersAll,
        `${answersAll}            ${requestedInPython}
                if is_ready:
                    self._answer(event.relation)
                else:
                    event.defer()
`,
      ],
    ],
  },
  {
    what: 'a hook that was killed is not made good when it is repeated',
    language: 'bash',
    oracle: 'AnswersHold',
    edits: [
      [
        `  label=database.\${relation#*:}\n`,
        `  label=database.\${relation#*:}
  [ -e "served.$label" ] && return 0
  touch "served.$label"
`,
      ],
    ],
  },
  {
    what: 'changed calls forth changed without end',
    language: 'node',
    oracle: 'HooksEnd',
    edits: [
      [
        '    for (const relation of relations) answer(relation, config);\n',
        `    for (const relation of relations) answer(relation, config);
    const [peers] = ask('relation-ids', 'harbours');
    if (peers) write(peers, { turns: String(Number(bag(peers, own).turns ?? 0) + 1) });
`,
      ],
    ],
  },
  {
    what: 'options that were changed before an application is related are lost on it',
    language: 'node',
    oracle: 'AnswersHold',
    configurations: [{ quay: 'south' }],
    edits: [
      [
        '    for (const relation of relations) answer(relation, config);\n',
        `    const fs = require('node:fs');
    if (!fs.existsSync('quay')) fs.writeFileSync('quay', config.quay);
    const quay = hook === 'config-changed' ? config.quay : fs.readFileSync('quay', 'utf8');
    for (const relation of relations) answer(relation, { quay });
`,
      ],
    ],
  },
  {
    what: 'a unit that does not lead reads what only the leader may',
    language: 'node',
    oracle: 'FollowersDoNotRead',
    edits: [
      [
        "  if (ask('is-leader')) {\n",
        `  for (const relation of relations) try { bag(relation, own); } catch {}
  if (ask('is-leader')) {
`,
      ],
    ],
  },
  {
    what: 'a unit is active while an event waits',
    language: 'python',
    oracle: 'ActiveMeansDone',
    edits: [
      [
        '        self.unit.status = ops.ActiveStatus() if is_ready',
        `        ${requestedInPython}
            if not is_ready:
                event.defer()
        self.unit.status = ops.ActiveStatus() if True`,
      ],
    ],
  },
  {
    what: 'a password is in the log',
    language: 'python',
    oracle: 'PasswordsStayIn',
    edits: [
      [
        '            password = secrets.token_hex(12)\n',
        "            password = secrets.token_hex(12)\n            logger.info('%s has %s', label, password)\n",
      ],
    ],
  },
];

/** For the oracles that none of those is for. */
const others: readonly Fault[] = [
  {
    what: 'a request that comes before what it takes is never looked at again',
    language: 'python',
    oracle: 'AnswersHold',
    edits: [
      [
        answersAll,
        `            ${requestedInPython}
                if is_ready and event.relation.active:
                    self._answer(event.relation)
`,
      ],
    ],
  },
  {
    what: 'a secret is made anew each time, under a label that is taken',
    language: 'bash',
    oracle: 'CommitsAreTaken',
    edits: [['  id=$(secret_of "$label")\n', '  id=\n']],
  },
  {
    what: 'each update-status writes',
    language: 'bash',
    oracle: 'UpdateStatusRests',
    edits: [
      [
        'status-set active\n',
        `status-set active
[ "$hook" != update-status ] || for relation in $(relation-ids database); do
  relation-set -r "$relation" tick="$RANDOM$RANDOM"
done
`,
      ],
    ],
  },
  {
    what: 'each update-status makes a revision of a secret',
    language: 'bash',
    oracle: 'UpdateStatusRests',
    edits: [
      [
        'status-set active\n',
        `status-set active
[ "$hook" != update-status ] || for id in $(secret-ids); do
  (umask 077; head -c 18 /dev/urandom | base64 >.password)
  secret-set "secret:$id" password#file=.password
done
`,
      ],
    ],
  },
  {
    what: 'each update-status writes to the state',
    language: 'bash',
    oracle: 'UpdateStatusRests',
    edits: [
      [
        'status-set active\n',
        `status-set active
[ "$hook" != update-status ] || state-set tick="$RANDOM$RANDOM"
`,
      ],
    ],
  },
  {
    what: 'the order of a set is in a databag, which is another one in each process',
    language: 'python',
    oracle: 'UpdateStatusRests',
    edits: [
      [
        "'secret': secret.id or ''})\n",
        "'secret': secret.id or '', 'inks': ' '.join({'red', 'blue', 'green', 'gold', 'black'})})\n",
      ],
    ],
  },
  {
    what: 'a secret is granted when it is made, and not where that was lost',
    language: 'bash',
    oracle: 'AnswersHold',
    edits: [
      [
        '    rm -f .password\n',
        '    rm -f .password\n    secret-grant --relation "$relation" "$id"\n',
      ],
      ['  secret-grant --relation "$relation" "secret:$id"\n', ''],
    ],
  },
  {
    what: 'one application is counted on where two may ask',
    language: 'python',
    oracle: 'HooksSucceed',
    edits: [
      [
        '        is_ready = any(',
        "        self.model.get_relation('page')\n        is_ready = any(",
      ],
    ],
  },
  {
    what: 'a hook that was killed leaves a lock behind',
    language: 'python',
    oracle: 'AnswersHold',
    edits: [
      [
        '        breaking = event.relation if',
        `        lock = self.charm_dir / 'lock'
        if lock.exists():
            return
        lock.touch()
        breaking = event.relation if`,
      ],
      [
        '        self.unit.status = ops.ActiveStatus() if',
        '        lock.unlink()\n        self.unit.status = ops.ActiveStatus() if',
      ],
    ],
  },
  {
    what: 'what was made once is gone with an upgrade',
    language: 'node',
    oracle: 'AnswersHold',
    edits: [
      [
        "  if (ask('is-leader')) {\n",
        `  const fs = require('node:fs');
  if (hook === 'start') fs.writeFileSync('ready', '');
  if (hook === 'upgrade-charm') fs.rmSync('ready', { force: true });
  if (ask('is-leader') && fs.existsSync('ready')) {
`,
      ],
    ],
  },
  {
    what: 'a leader that goes takes back what its application has answered',
    language: 'python',
    oracle: 'AnswersHold',
    edits: [
      ['            self.on.leader_elected,\n', ''],
      ['            self.on.update_status,\n', ''],
      [
        '        is_ready = any(',
        `        if breaking is not None and breaking.name == 'page' and self.unit.is_leader():
            breaking.data[self.app]['paper'] = ''
        is_ready = any(`,
      ],
    ],
  },
  {
    what: 'a password is in the arguments of a program that it starts',
    language: 'python',
    oracle: 'PasswordsStayIn',
    edits: [
      [
        '            password = secrets.token_hex(12)\n',
        "            password = secrets.token_hex(12)\n            __import__('subprocess').check_output(['true', password])\n",
      ],
    ],
  },
  {
    what: 'what is in a secret is in the databag as well',
    language: 'bash',
    oracle: 'SecretsStaySecret',
    edits: [
      [' greeting="$(config', ' open="$(secret-get "secret:$id" password)" greeting="$(config'],
    ],
  },
  {
    what: 'the state keeps what was about a relation',
    language: 'bash',
    oracle: 'StateGoes',
    edits: [
      [`  id=\${id##*[:/]}\n`, `  id=\${id##*[:/]}\n  state-set "served-\${relation#*:}=yes"\n`],
    ],
  },
  {
    what: "the peers' databag keeps what was about a relation",
    language: 'bash',
    oracle: 'DatabagsGo',
    edits: [
      [
        `  id=\${id##*[:/]}\n`,
        `  id=\${id##*[:/]}\n  relation-set -r "$(relation-ids keepers)" --app "served-\${relation#*:}=yes"\n`,
      ],
    ],
  },
];

/** Of a charm with a container. */
const inContainers: readonly Fault[] = [
  {
    what: 'a layer is not put anew after its container was started anew',
    language: 'kubernetes',
    oracle: 'WorkloadHolds',
    edits: [
      ['            self.on.lamp_pebble_ready,\n', ''],
      ['            self.on.update_status,\n', ''],
    ],
  },
  {
    what: 'a file is written once, and is gone with the container',
    language: 'kubernetes',
    oracle: 'WorkloadHolds',
    edits: [
      [
        "        self.lamp.push('/etc/lamp/colour', colour, make_dirs=True, permissions=0o640)\n",
        `        if not (self.charm_dir / 'written').exists():
            self.lamp.push('/etc/lamp/colour', colour, make_dirs=True)
            (self.charm_dir / 'written').touch()
`,
      ],
    ],
  },
  {
    what: 'a layer is changed, and what runs is not',
    language: 'kubernetes',
    oracle: 'PlanRuns',
    configurations: [{ colour: 'red' }],
    edits: [
      [
        '        self.lamp.replan()\n',
        `        if not self.lamp.get_service('lamp').is_running():
            self.lamp.start('lamp')
`,
      ],
    ],
  },
  {
    what: 'a container is talked to before it is there',
    language: 'kubernetes',
    oracle: 'AnswersHold',
    edits: [
      [
        '            framework.observe(event, self._look)\n',
        '            framework.observe(event, self._look)\n        framework.observe(light.relation_created, self._first)\n',
      ],
      [
        '    def _shine(self):\n',
        `    def _first(self, event):
        if self.lamp.can_connect():
            (self.charm_dir / f'met-{event.relation.id}').touch()

    def _shine(self):
`,
      ],
      [
        "                if relation.data[relation.app].get('room'):\n",
        `                if (self.charm_dir / f'met-{relation.id}').exists():
`,
      ],
    ],
  },
];

const isHere = (language: Language) => !isInPython(language) || noPython === null;
const skipping = (language: Language) => (isHere(language) ? '' : ` (skipped: ${noPython})`);

describe('a planted fault', () => {
  for (const { what, language, oracle, edits, configurations = [] } of [
    ...faults,
    ...others,
    ...inContainers,
  ])
    it.skipIf(!isHere(language))(
      `is found by ${oracle}: ${what}${skipping(language)}`,
      { timeout: 120_000 },
      async () => {
        const folder = planted(language, edits);
        const { violated, counts } = await soakTiny(language, folder, {
          hooks: 2000,
          configurations,
        });
        expect(violated).toContain(oracle);
        expect(counts.run).toBeLessThanOrEqual(500);
      },
    );
});

describe('a charm that has none', () => {
  const set = {
    bash: { greeting: 'ahoy' },
    node: { quay: 'south' },
    python: { paper: 'blue' },
    kubernetes: { colour: 'red' },
  };
  for (const language of ['bash', 'node', 'python', 'kubernetes'] as const)
    it.skipIf(!isHere(language))(
      `violates nothing: ${language}${skipping(language)}`,
      { timeout: 300_000 },
      async () => {
        const soaked = await soakTiny(language, folderOf(language), {
          hooks: Number(process.env.HOOKCHART_SOAK_HOOKS ?? 1000),
          configurations: [set[language]],
        });
        expect(soaked.failure?.violated.message).toBeUndefined();
        expect(soaked.hooks).toBeGreaterThanOrEqual(1000);
      },
    );
});
