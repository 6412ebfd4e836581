/** The rules that keep tenants apart, each broken once, and what finds it. */
export interface BrokenRule {
  readonly rule: string;
  readonly file: string;
  /** Each of them occurs once in the file. */
  readonly edits: readonly (readonly [find: string, replace: string])[];
  /** An attack that gets through, or a test on real servers that fails. */
  readonly foundBy: { readonly attack: string } | { readonly test: string; readonly name: string };
}

const postgresTest = 'test/integration/postgres.test.ts';

export const brokenRules: readonly BrokenRule[] = [
  {
    rule: 'no session with more rights than a database’s owner enters a tenant’s database',
    file: 'src/pgbouncer/postgres/connections.ts',
    edits: [
      [
        'return this.#letIn(login, database, this.#line.openAmongOthers(login, database, major));',
        "return this.#letIn(login, database, this.#line.openAmongOthers(login.user === '' ? login : this.#options, database, major));",
      ],
    ],
    foundBy: { attack: 'a-function-in-public-waits-for-the-charms-session' },
  },
  {
    rule: 'an agent has the rights of who leaves, and none to make roles or databases',
    file: 'src/pgbouncer/postgres/statements/removal.ts',
    edits: [['LOGIN PASSWORD', 'LOGIN CREATEDB PASSWORD']],
    foundBy: { attack: 'a-prepared-transaction-lives-on' },
  },
  {
    rule: 'whatever session enters has everything pinned',
    file: 'src/pgbouncer/postgres/pinned.ts',
    edits: [["  local_preload_libraries: '',\n", '']],
    foundBy: { attack: 'a-library-that-is-not-there-is-loaded' },
  },
  {
    rule: 'a superuser that is given makes a login that is none, which does the work',
    file: 'src/pgbouncer/postgres/connections.ts',
    edits: [
      [
        'const own = server.isSuperuser ? ownLogin(this.#options) : this.#options;',
        'const own = server.isSuperuser && database === "" ? ownLogin(this.#options) : this.#options;',
      ],
    ],
    foundBy: { test: postgresTest, name: 'it makes itself a login that is none' },
  },
  {
    rule: 'a role is ours by its number in the deployment’s own table, and by nothing else',
    file: 'src/pgbouncer/postgres/provision.ts',
    edits: [
      [
        'const user = roleOf(facts, heldUser);',
        'const user = roleOf(facts, heldUser) ?? facts.roles.get(grant.user);',
      ],
    ],
    foundBy: { attack: 'names-of-roles-to-come-are-taken' },
  },
  {
    rule: 'what may be asked for is a list',
    file: 'src/pgbouncer/relation/extra-roles.ts',
    edits: [
      [
        "return isListed ? null : 'unlisted';",
        'return isListed || isRoleName(token) ? null : null;',
      ],
    ],
    foundBy: { test: 'test/pgbouncer/relation/request.test.ts', name: 'a role that is on no list' },
  },
  {
    rule: 'what a user owned is handed over when it leaves',
    file: 'src/pgbouncer/postgres/hand-over.ts',
    edits: [['    sql.reassign(owned, heir),\n', '']],
    foundBy: { test: postgresTest, name: 're-relates' },
  },
  {
    rule: 'what a grant does not say is revoked',
    file: 'src/pgbouncer/postgres/facts.ts',
    edits: [
      [
        '({ role, isAdmin }) => !made.has(role) && (isAdmin || !wanted.includes(role)),',
        '({ role, isAdmin }) => !made.has(role) && isAdmin && !wanted.includes(role),',
      ],
    ],
    foundBy: { test: postgresTest, name: 'revokes what a tenant or a DBA gave' },
  },
  {
    rule: 'what a tenant sends refuses its own request, and stops nobody else',
    file: 'src/pgbouncer/commands/provisioning.ts',
    edits: [["outcome.left._tag === 'SqlFailed'", "outcome.left._tag === 'NothingGranted'"]],
    foundBy: {
      test: 'test/pgbouncer/commands/each-by-itself.test.ts',
      name: 'stays granted where it was',
    },
  },
  {
    rule: 'a server gets no password but by a proof of its own',
    file: 'src/pgbouncer/wire/gate.ts',
    edits: [
      [
        'if (kind === exchange[this.#steps]) {',
        'if (kind === exchange[this.#steps] || kind === 3) {',
      ],
    ],
    foundBy: { test: 'test/integration/wire.test.ts', name: '' },
  },
];
