/** Where passwords are kept: in Juju secrets of the application, where the model has any. */
import type { ConnectionInfo, Grant } from '../../../machines/index.ts';
import type { Databag, SecretStore } from '../../juju/port.ts';
import { secretLabel, userGroup } from '../keys.ts';
import { type SecretContents, settledSecret } from '../relation/answer.ts';
import { keptSecrets, type Ledger, type LedgerRecord } from '../relation/ledger.ts';
import type { Reply } from '../relation/request.ts';
import { groupsOf } from '../relation/secret-groups.ts';
import { take } from './steps.ts';

/** A record whose password a secret keeps, so that the ledger need not. */
export async function kept(
  store: SecretStore,
  record: LedgerRecord | undefined,
  onRecord: () => readonly string[],
): Promise<LedgerRecord | undefined> {
  if (record === undefined || record.state === 'refused') return record;
  const { user: username, password, secrets } = record;
  if (password === null || secrets[userGroup] !== undefined) return record;
  const content = { username, password: password.secret };
  const id = await take(store.make(secretLabel(record, userGroup), content, onRecord()));
  return { ...record, secrets: { ...secrets, [userGroup]: id } };
}

/** What will be made for an answer is looked for while something else is waited for. */
export function expectSecrets(
  store: SecretStore | null,
  grant: Grant,
  reply: Reply,
  ledger: Ledger,
): void {
  if (store?.expect === undefined) return;
  const groups = groupsOf(reply).filter((group) => grant.secrets[group] === undefined);
  const labels = groups.map((group) => secretLabel(grant, group));
  if (labels.length === 0) return;
  store.expect(labels, { roughly: 2 * ledger.records.size, ids: () => keptSecrets(ledger) });
}

/** Makes the secrets of an answer, or puts right what differs, and lets the requirer read them. */
export async function publishSecrets(
  store: SecretStore,
  grant: Grant,
  contents: SecretContents,
  { info, onRecord }: { readonly info: ConnectionInfo; readonly onRecord: readonly string[] },
): Promise<Readonly<Record<string, string>>> {
  const ids = await Promise.all(
    Object.entries(contents).map(async ([group, content]) => {
      const known = grant.secrets[group];
      const id = known ?? (await take(store.make(secretLabel(grant, group), content, onRecord)));
      if (known !== undefined)
        await replaceSecret(store, known, (before) => settledSecret(before, content, info));
      await take(store.grant(id, grant.relation));
      return [group, id] as const;
    }),
  );
  return Object.fromEntries(ids);
}

/** Gives a secret another content; one that has it already gets no new revision. */
export async function replaceSecret(
  store: SecretStore,
  id: string,
  change: (content: Databag) => Databag,
): Promise<void> {
  const before = await take(store.read(id));
  const after = change(before);
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  if ([...keys].some((key) => before[key] !== after[key])) await take(store.replace(id, after));
}

/** Nothing keeps a password that nobody may use. */
export async function removeSecrets(
  store: SecretStore | null,
  { secrets }: Pick<Grant, 'secrets'>,
): Promise<void> {
  if (store === null) return;
  for (const id of Object.values(secrets)) await take(store.remove(id));
}
