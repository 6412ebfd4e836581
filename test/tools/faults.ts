/** Design faults that others have made, or nearly, each as a change of the sources. */
export interface PlantedFault {
  readonly name: string;
  readonly file: string;
  /** Each of them occurs once in the file. */
  readonly edits: readonly (readonly [find: string, replace: string])[];
  /** Where one place alone would be made good by another: the other one. */
  readonly also?: Pick<PlantedFault, 'file' | 'edits'>;
  /** The options of `hookchart verify` that find it; null where random histories do. */
  readonly verify: string | null;
  /** The charm to simulate, where it is not the usual one. */
  readonly charm?: string;
}

const quick = '--units 2 --relations 1 --crashes 0 --leader-changes 0 --outages 0';

export const faults: readonly PlantedFault[] = [
  {
    name: 'the password is generated before the ledger is read, in a hook that is repeated',
    file: 'src/pgbouncer/commands/provisioning.ts',
    edits: [
      [
        'recorded ?? (await publishedPassword(session, relation)) ?? entropy.password()',
        '(recorded, await publishedPassword(session, relation), entropy.password())',
      ],
    ],
    also: {
      file: 'src/pgbouncer/relation/reconcile.ts',
      edits: [
        [
          "record?.state === 'published' &&\n      changedField(request.right, record) === null &&",
          'record === null &&',
        ],
      ],
    },
    verify: quick,
  },
  {
    name: 'a user’s verifier reaches the ledger, and PgBouncer’s userlist without it',
    file: 'src/pgbouncer/pooler/configuration.ts',
    edits: [
      [
        'users: served.map(({ user, verifier }) => ({ name: user, verifier })),',
        "users: served.map(({ user }) => ({ name: user, verifier: { secret: '' } })),",
      ],
    ],
    verify: quick,
  },
  {
    name: 'what an earlier request was given is not taken back',
    file: 'src/pgbouncer/memory/backend.ts',
    edits: [
      [
        'this.roles.set(user, role)',
        'this.roles.set(user, { ...role, databases: [...new Set([...(held?.[1].databases ?? []), database])] })',
      ],
    ],
    verify: null,
  },
  {
    name: 'it is published before PgBouncer has taken it',
    file: 'machines/database-requested.ts',
    edits: [
      ["aboutGrant('AddUser'),\n    'update_pg'", "aboutGrant('AddUser'),\n    'update_databag'"],
      [
        "aboutGrant('UpdatePgbouncer'),\n    'update_databag'",
        "aboutGrant('UpdatePgbouncer'),\n    'rtn2'",
      ],
      ["aboutGrant('UpdateDatabag'),\n    'rtn2'", "aboutGrant('UpdateDatabag'),\n    'update_pg'"],
    ],
    verify: null,
  },
  {
    name: 'an application that goes is taken for a unit that goes, and nobody looks again',
    file: 'src/pgbouncer/relation/departing.ts',
    edits: [["if (plannedUnits.length === 0) return 'ends';", '']],
    also: {
      file: 'src/pgbouncer/relation/events.ts',
      edits: [["  stop: 'update-status',\n", '']],
    },
    verify: `${quick} --endings 1`,
  },
  {
    name: 'a unit that goes takes its relations along',
    file: 'src/pgbouncer/relation/departing.ts',
    edits: [["return plannedUnits.includes(unit) ? 'stays' : 'leaves';", "return 'stays';"]],
    verify: `${quick} --removals 1`,
  },
  {
    name: 'PgBouncer’s configuration is popped by name',
    file: 'src/pgbouncer/pooler/configuration.ts',
    edits: [
      [
        'for (const { database, place } of served) {',
        "for (const { database, place } of served) {\n    if ([...records.values()].some((one) => one.state === 'removing' && one.database === database)) continue;",
      ],
    ],
    verify: null,
  },
  {
    name: 'a unit that lags is published as a reader',
    file: 'src/pgbouncer/relation/endpoints.ts',
    edits: [['if (said !== wanted && !(', 'if (said === null && !(']],
    verify: '--relations 1 --crashes 0 --leader-changes 0 --outages 0 --lags 1',
  },
  {
    name: 'what a unit confirmed for an old relation counts for a new one',
    file: 'src/pgbouncer/relation/endpoints.ts',
    edits: [
      [
        'if (said !== wanted && !(',
        'if (said !== wanted && ![...Array(50).keys()].some((id) => reader.serving.get(id)?.split(" ")[0] === grant.database) && !(',
      ],
    ],
    verify: null,
  },
  {
    name: 'a unit confirms before its PgBouncer has taken it',
    file: 'src/pgbouncer/commands/serving.ts',
    edits: [
      [
        'if (!isInForce) await take(pooler.apply(configuration, loginOf));',
        'if (!isInForce && inForce !== null) await take(pooler.apply(configuration, loginOf));',
      ],
    ],
    verify: quick,
  },
  {
    name: 'followers wait for the leader to configure them',
    file: 'src/pgbouncer/commands/serving.ts',
    edits: [
      [
        'const backend = await endpoints();',
        'const backend = (await juju.leader()) ? await endpoints() : null;',
      ],
    ],
    verify: quick,
  },
  {
    name: 'endpoints are published without credentials',
    file: 'src/pgbouncer/commands/connection.ts',
    edits: [
      [
        "if (record?.state !== 'published') return;",
        "if (record === undefined || record.state === 'refused') return;",
      ],
      ['if (!(await session.isListed(relation))) return;', ''],
    ],
    verify: null,
  },
  {
    name: 'credentials are published before their endpoints',
    file: 'src/pgbouncer/relation/answer.ts',
    edits: [
      [
        'joined(clear, connectionKeys(info))',
        "joined(clear, connectionKeys(info), { endpoints: '' })",
      ],
    ],
    verify: quick,
  },
  {
    name: 'wanted is what an event told, not what the databags say',
    file: 'src/pgbouncer/relation/reconcile.ts',
    edits: [
      [
        "return { hook: 'database-requested', event };",
        "return event.relation === null ? { hook: 'database-requested', event } : null;",
      ],
    ],
    verify: '--units 2 --relations 1 --crashes 0 --leader-changes 1 --outages 0',
  },
  {
    name: 'endpoints do not follow the leader',
    file: 'src/pgbouncer/commands/connection.ts',
    edits: [
      [
        'if (sameInfo(record.published, next)) return;',
        'if (sameInfo(record.published, next) || record.published !== null) return;',
      ],
    ],
    verify: quick,
  },
  {
    name: 'a removal is forgotten while the backend is down',
    file: 'src/pgbouncer/relation/reconcile.ts',
    edits: [["if (backendReady) remove.push({ hook: 'removal-begun', event: { relation } });", '']],
    verify: '--units 2 --relations 1 --crashes 0 --leader-changes 0 --outages 1',
  },
  {
    name: 'a record is dropped though its role could not be, and nobody looks again',
    file: 'src/pgbouncer/commands/removal.ts',
    edits: [
      [
        'if (E.isLeft(outcome)) return outcome.left;\n    note(session, relation, outcome.right);',
        'if (E.isRight(outcome)) note(session, relation, outcome.right);',
      ],
    ],
    also: {
      file: 'src/pgbouncer/relation/reconcile.ts',
      edits: [['audit?.orphans ?? []', '(audit?.orphans ?? []).slice(0, 0)']],
    },
    verify: '--units 2 --relations 1 --crashes 0 --leader-changes 0 --outages 1',
  },
  {
    name: 'a role whose hook was lost is looked for nowhere',
    file: 'src/pgbouncer/relation/reconcile.ts',
    edits: [['audit?.orphans ?? []', '(audit?.orphans ?? []).slice(0, 0)']],
    verify: '--units 2 --relations 1 --crashes 1 --leader-changes 1 --outages 0',
  },
  {
    name: 'the ledger is not written',
    file: 'src/pgbouncer/commands/status.ts',
    edits: [['for (const relation of open.touched.keys()) {', 'for (const relation of []) {']],
    verify: quick,
  },
  {
    name: 'a follower takes itself for the leader',
    file: 'src/pgbouncer/commands/perform.ts',
    edits: [
      ['Leader: (session) => session.leads(),', 'Leader: (session) => session.leads() || true,'],
    ],
    verify: quick,
  },
  {
    name: 'a deferred hook is never taken out of the queue',
    file: 'src/juju/dispatch.ts',
    edits: [['encodeDeferrals(deferred, ', 'encodeDeferrals([...waiting, ...deferred], ']],
    verify: '--units 2 --relations 1 --crashes 0 --leader-changes 0 --outages 1',
  },
  {
    name: 'a deferred request is replayed blindly',
    file: 'src/pgbouncer/commands/charm.ts',
    edits: [
      [
        "if (!(await session.relations()).has(relation)) return false;\n  if (hook === 'database-relation-departed') return true;\n",
        "if (hook !== 'database-relation-broken') return true;\n",
      ],
    ],
    also: {
      file: 'src/pgbouncer/commands/provisioning.ts',
      edits: [
        [
          "if (!(await session.relations()).has(relation))\n    halt({ _tag: 'RequestWithdrawn', class: 'refused', relation });\n",
          '',
        ],
      ],
    },
    verify: '--units 2 --relations 1 --crashes 0 --leader-changes 0 --outages 1',
  },
  {
    name: 'a request that was refused is still served by PgBouncer',
    file: 'src/pgbouncer/commands/provisioning.ts',
    edits: [["if (before !== null && before.state !== 'provisioning')", 'if (before !== null)']],
    verify: null,
  },
  {
    name: 'a changed request is granted in place',
    file: 'src/pgbouncer/commands/provisioning.ts',
    edits: [
      [
        "  if (record?.state === 'published') {\n    const changed",
        "  if (record?.state === 'removing') {\n    const changed",
      ],
    ],
    verify: null,
  },
  {
    name: 'an error shows the password that was tried',
    file: 'src/pgbouncer/memory/pooler.ts',
    edits: [
      ["'the login is refused'", '["the login is refused", login.password.secret].join(" ")'],
    ],
    verify: '--units 2 --relations 1 --crashes 0 --leader-changes 0 --outages 1',
  },
  {
    name: 'a reload is not read back',
    file: 'src/pgbouncer/memory/pooler.ts',
    edits: [
      [
        "if (sameConfiguration(this.configuration, configuration)) return E.right('applied');",
        "return E.right('applied');",
      ],
    ],
    verify: '--units 2 --relations 2 --crashes 0 --leader-changes 0 --outages 0 --half-loads 1',
  },
  {
    name: 'a unit that its peers leave first does not look once more',
    file: 'src/pgbouncer/relation/events.ts',
    edits: [['ofBackend.test(hook) || ofLastPeers.test(hook)', 'ofBackend.test(hook)']],
    verify: `${quick} --units 1 --endings 1 --restarts 1`,
  },
  {
    name: 'a unit without peers takes its ledger for empty',
    file: 'src/pgbouncer/commands/charm.ts',
    edits: [['return !(await session.juju.hasLeft());', 'return true;']],
    verify: `${quick} --endings 1 --restarts 1`,
  },
  {
    name: 'a secret is made without a look for its label',
    file: 'src/testing/simulated-juju.ts',
    edits: [
      ['if (known === undefined) return', 'if (known === undefined || known !== null) return'],
    ],
    verify: null,
  },
  {
    name: 'a secret that a lost commit left is looked for nowhere',
    file: 'src/pgbouncer/commands/audit.ts',
    edits: [['await removeStrays(session);', '']],
    verify: `${quick} --secrets 1 --lost-commits 1 --leader-changes 1`,
  },
  {
    name: 'a refusal is taken back together with all that the databag said before',
    file: 'src/pgbouncer/relation/telling.ts',
    edits: [
      [
        "const { [bagKeys.data]: data } = relieving(own, { ...own, [key]: '' });",
        "if (own !== null) return relieving(own, { ...own, [key]: '' });",
      ],
    ],
    verify: null,
  },
  {
    name: 'clients are told to verify a unit that has no certificate yet',
    file: 'src/pgbouncer/relation/endpoints.ts',
    edits: [["if (reader.authorities === '') hasLaggard = true;\n      else if (", 'if (']],
    verify: `${quick.replace('--relations 1', '--relations 2')} --lags 1`,
    charm: '#simulatedWithTls',
  },
  {
    name: 'what was told of TLS stays when nobody gives certificates any more',
    file: 'src/pgbouncer/commands/connection.ts',
    edits: [
      [
        'if (record.published?.authorities !== next.authorities)',
        'if (next.authorities !== undefined)',
      ],
    ],
    verify: quick.replace('--relations 1', '--relations 2'),
    charm: '#simulatedWithTls',
  },
  {
    name: 'a key stays whose certificate went while PgBouncer was down',
    file: 'src/pgbouncer/commands/certificate-memory.ts',
    edits: [['held: null, keyGoes: true', 'held: null']],
    verify: null,
    charm: '#simulatedWithTls',
  },
];
