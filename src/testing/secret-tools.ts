import type { Databag } from '../juju/index.ts';
import { sameBag } from './same-bag.ts';
import { described, type SecretDetails, type SecretTimes } from './secret-details.ts';
import { infoOf, type SecretInfo } from './secret-info.ts';
import { isSecretKey, secretUri, shortId } from './secret-names.ts';
import { ToolError } from './tool-error.ts';
import type { View } from './view.ts';
import type { StoredSecret } from './world.ts';

/** How a secret is read: the revision that is tracked, the newest from now on, or the newest once. */
export type Reading = 'tracked' | 'refresh' | 'peek';

/**
 * The hook tools `secret-*`: owners write, applications with a grant read, and a unit tracks a
 * revision. `secret-set` and `secret-remove` look at nothing: what they cannot do, and a label that
 * is taken, is found out at the commit, which then refuses the whole hook.
 */
export class SecretTools {
  readonly #view: View;
  readonly #leads: () => boolean;
  #made: number;
  #secrets: Record<string, StoredSecret>;
  readonly #added = new Set<string>();
  readonly #set = new Map<string, Databag>();
  readonly #details = new Map<string, SecretDetails>();
  readonly #removed = new Map<string, { readonly given: string; readonly revision?: number }>();

  constructor(view: View, leads: () => boolean) {
    this.#view = view;
    this.#leads = leads;
    this.#made = view.made.secrets;
    this.#secrets = { ...view.secrets };
  }

  /** Makes a secret that the application owns, or this unit, and gives its id. */
  add(
    owner: 'application' | 'unit',
    content: Databag,
    label: string | null = null,
    given?: string,
  ): string {
    this.#isSecret('secret-add', content);
    const name = this.#view[owner];
    if (owner === 'application' && !this.#leads())
      throw new ToolError('secret-add', 1, 'this unit is not the leader');
    const isTaken = [...this.#added].some((id) => this.#isLabelled(id, name, label));
    if (isTaken)
      throw new ToolError('secret-add', 1, `secret with label "${label}" already exists`);
    this.#made += 1;
    const id = given ?? secretUri(this.#made);
    const tracked = { [this.#view.unit]: 1 };
    this.#secrets[id] = { owner: name, label, revisions: [content], grants: [], tracked };
    this.#added.add(id);
    return id;
  }

  /** Replaces the content by a new revision; equal content makes none. */
  set(given: string, content: Databag): void {
    const id = this.#known('secret-set', given) ?? given;
    if (Object.keys(content).length === 0) return;
    this.#isSecret('secret-set', content);
    const secret = this.#secrets[id];
    if (secret !== undefined && this.#added.has(id))
      this.#secrets[id] = { ...secret, revisions: [content] };
    else this.#set.set(id, content);
  }

  /** When it is to be rotated, and whether its newest revision comes to an end, as far as it is said. */
  schedule(given: string, times: SecretTimes): void {
    this.describe(given, times);
  }

  /** The same, and what it is called and is about; its owner finds it by its new label at once. */
  describe(given: string, details: SecretDetails): void {
    const id = this.#known('secret-set', given) ?? given;
    const secret = this.#secrets[id];
    if (secret !== undefined && this.#added.has(id)) this.#secrets[id] = described(secret, details);
    else this.#details.set(id, { ...this.#details.get(id), ...details });
  }

  /** With a name, the unit may ask by it from now on; without an id it does so. */
  get(given: string | null, reading: Reading = 'tracked', name?: string): Databag {
    const { unit } = this.#view;
    const id = given === null ? this.#named(name ?? '') : this.#known('secret-get', given);
    const secret = id === null ? undefined : this.#secrets[id];
    if (id === null || secret === undefined) {
      if (id !== null) throw new ToolError('secret-get', 1, 'permission denied');
      throw new ToolError('secret-get', 1, `secret "${given}" not found`);
    }
    if (given !== null && name !== undefined)
      this.#secrets[id] = { ...secret, names: { ...secret.names, [unit]: name } };
    const written = this.#set.get(id);
    if (written !== undefined && reading !== 'tracked') return written;
    const newest = secret.revisions.length;
    const known = secret.tracked[unit];
    const revision = reading === 'tracked' ? (known ?? newest) : newest;
    if (reading !== 'peek' && known !== revision)
      this.#secrets[id] = {
        ...(this.#secrets[id] ?? secret),
        tracked: { ...secret.tracked, [unit]: revision },
      };
    return secret.revisions[revision - 1] ?? {};
  }

  /** Lets the remote application of a relation read it; once more changes nothing. */
  grant(given: string, relation: number): void {
    const [id, secret] = this.#owned('secret-grant', given);
    if (this.#view.relations[relation] === undefined)
      throw new ToolError(
        'secret-grant',
        2,
        `invalid value "${relation}" for option --relation: relation not found`,
      );
    if (!secret.grants.includes(relation))
      this.#secrets[id] = { ...secret, grants: [...secret.grants, relation].sort() };
  }

  revoke(given: string, relation: number): void {
    const [id, secret] = this.#owned('secret-revoke', given);
    const grants = secret.grants.filter((granted) => granted !== relation);
    this.#secrets[id] = { ...secret, grants };
  }

  /** All of it, or one revision, which it does not look at. */
  remove(given: string, revision?: number): void {
    const id = this.#known('secret-remove', given) ?? given;
    this.#set.delete(id);
    this.#details.delete(id);
    this.#removed.set(id, { given, ...(revision === undefined ? {} : { revision }) });
  }

  /** Those that the unit's side owns and may write, by id. */
  infos(): Readonly<Record<string, SecretInfo>> {
    const { unit, application } = this.#view;
    const mine = Object.entries(this.#secrets).filter(
      ([id, { owner }]) =>
        (owner === unit || (owner === application && this.#leads())) && !this.#isGone(id),
    );
    return Object.fromEntries(
      mine.map(([id, secret]) => {
        const now = described(secret, this.#details.get(id) ?? {});
        return [id, infoOf(now, this.#added.has(id))];
      }),
    );
  }

  /** As they are when the hook ends well. */
  flush() {
    const taken = (id: string, label = this.#secrets[id]?.label ?? null) =>
      this.#isLabelTaken(id, label) ? [`secret with label "${label}" already exists`] : [];
    this.#commit(
      'creating',
      [...this.#added].flatMap((id) => taken(id)),
    );
    const changed = new Set([...this.#set.keys(), ...this.#details.keys()]);
    const labelled = (id: string) => taken(id, this.#details.get(id)?.label ?? null);
    this.#commit(
      'updating',
      [...changed].flatMap((id) => [...this.#refusal(id, id), ...labelled(id)]),
    );
    for (const [id, secret] of Object.entries(this.#secrets)) {
      const before = this.#view.secrets[id];
      if (before !== undefined && before.grants !== secret.grants)
        this.#commit('granting', this.#refusal(id, id));
    }
    this.#commit(
      'removing',
      [...this.#removed].flatMap(([id, { given }]) => this.#refusal(id, given)),
    );
    const secrets = { ...this.#secrets };
    for (const [id, content] of this.#set) {
      const secret = secrets[id];
      if (secret === undefined || sameBag(secret.revisions.at(-1) ?? {}, content)) continue;
      secrets[id] = { ...secret, revisions: [...secret.revisions, content] };
    }
    for (const [id, details] of this.#details) {
      const secret = secrets[id];
      if (secret !== undefined) secrets[id] = described(secret, details);
    }
    const secretsRemoved: string[] = [];
    for (const [id, { revision }] of this.#removed) {
      const secret = secrets[id];
      if (secret === undefined) continue;
      const pruned = [...(secret.pruned ?? []), ...(revision === undefined ? [] : [revision])];
      if (revision !== undefined && pruned.length < secret.revisions.length)
        secrets[id] = { ...secret, pruned: [...new Set(pruned)].sort() };
      else {
        delete secrets[id];
        secretsRemoved.push(id);
      }
    }
    return { secrets, secretsMade: this.#made, secretsRemoved };
  }

  /** What stays of a hook whose commit was refused after this: the secrets that it made. */
  kept(): Readonly<Record<string, StoredSecret>> {
    const made = [...this.#added].filter((id) => !this.#isLabelTaken(id) && !this.#removed.has(id));
    return Object.fromEntries(
      made.flatMap((id) => {
        const secret = this.#secrets[id];
        return secret === undefined ? [] : [[id, { ...secret, grants: [] }]];
      }),
    );
  }

  /** What the commit asks for, in Juju's words. */
  asks(): readonly string[] {
    const isMade = [...this.#added].some((id) => !this.#removed.has(id));
    const isGranted = Object.entries(this.#secrets).some(
      ([id, { grants }]) => grants !== this.#view.secrets[id]?.grants && grants.length > 0,
    );
    return [
      ...(isMade ? ['secret-creates'] : []),
      ...(this.#set.size + this.#details.size > 0 ? ['secret-updates'] : []),
      ...(isGranted ? ['secret-grants'] : []),
      ...(this.#removed.size > 0 ? ['secret-deletes'] : []),
    ];
  }

  #isGone(id: string): boolean {
    const removed = this.#removed.get(id);
    return removed !== undefined && removed.revision === undefined;
  }

  #isLabelled(id: string, owner: string, label: string | null): boolean {
    const secret = this.#secrets[id];
    return label !== null && secret?.label === label && secret.owner === owner;
  }

  /** Whether another secret of its owner's had such a label before this hook. */
  #isLabelTaken(id: string, label = this.#secrets[id]?.label ?? null): boolean {
    const { owner = '' } = this.#secrets[id] ?? {};
    return Object.keys(this.#view.secrets).some(
      (other) => other !== id && this.#isLabelled(other, owner, label),
    );
  }

  #refusal(id: string, given: string): readonly string[] {
    const { unit, application, secrets, secretsOfOthers } = this.#view;
    if (secretsOfOthers.includes(id)) return ['permission denied'];
    const owner = secrets[id]?.owner;
    if (owner === undefined) return [`secret "${given}" not found`];
    if (owner === unit || (owner === application && this.#leads())) return [];
    return owner === application
      ? [`"${unit}" is not leader of "${application}"`]
      : ['permission denied'];
  }

  #commit(doing: string, refusals: readonly string[]): void {
    if (refusals.length > 0)
      throw new ToolError('commit', 1, `${doing} secrets: ${refusals.join('\n')}`);
  }

  /** A unit's own name for one, or the label that its owner gave it. */
  #named(name: string): string {
    const { unit, application } = this.#view;
    const found = Object.entries(this.#secrets).find(
      ([id, { names, label, owner }]) =>
        names?.[unit] === name ||
        ((this.#details.get(id)?.label ?? label) === name &&
          (owner === unit || owner === application)),
    );
    if (found !== undefined) return found[0];
    throw new ToolError('secret-get', 1, `consumer label "${name}" not found`);
  }

  /** The id in full; null where there is no such secret. */
  #known(tool: string, given: string): string | null {
    const short = shortId(given);
    if (!/^[0-9a-v]{20}$/.test(short))
      throw new ToolError(tool, 2, `secret URI "${given}" not valid`);
    const { secretsOfOthers } = this.#view;
    const isMade = (id: string) => !(this.#added.has(id) && this.#removed.has(id));
    const all = [...Object.keys(this.#secrets).filter(isMade), ...secretsOfOthers];
    return all.find((id) => shortId(id) === short) ?? null;
  }

  #owned(tool: string, given: string): readonly [string, StoredSecret] {
    const id = this.#known(tool, given);
    const secret = id === null ? undefined : this.#secrets[id];
    const isOurs = secret !== undefined && this.infos()[id ?? ''] !== undefined;
    if (id !== null && isOurs) return [id, secret];
    throw new ToolError(tool, 1, `secret "${shortId(given)}" not found`);
  }

  #isSecret(tool: string, content: Databag): void {
    if (Object.keys(content).length === 0)
      throw new ToolError(tool, 2, 'missing secret value or filename');
    const wrong = Object.keys(content).find((key) => !isSecretKey(key));
    if (wrong !== undefined) throw new ToolError(tool, 2, `key "${wrong}" not valid`);
  }
}
