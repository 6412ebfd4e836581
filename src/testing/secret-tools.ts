import type { Databag } from '../engine/index.ts';
import { ToolError } from './tool-error.ts';
import type { View } from './view.ts';
import type { StoredSecret } from './world.ts';

/** How a secret is read: the revision that is tracked, the newest from now on, or the newest once. */
export type Reading = 'tracked' | 'refresh' | 'peek';

/** The hook tools `secret-*`: owners write, applications with a grant read, and a unit tracks a revision. */
export class SecretTools {
  readonly #view: View;
  readonly #leads: () => boolean;
  #made: number;
  #secrets: Record<string, StoredSecret>;

  constructor(view: View, leads: () => boolean) {
    this.#view = view;
    this.#leads = leads;
    this.#made = view.made.secrets;
    this.#secrets = { ...view.secrets };
  }

  /** Makes a secret that the application owns, or this unit, and gives its id. */
  add(owner: 'application' | 'unit', content: Databag, label: string | null = null): string {
    this.#mayWrite('secret-add', this.#view[owner]);
    this.#isSecret('secret-add', content);
    const name = this.#view[owner];
    const taken = Object.values(this.#secrets).some(
      (secret) => label !== null && secret.label === label && secret.owner === name,
    );
    if (taken) throw new ToolError('secret-add', 1, `secret with label "${label}" already exists`);
    this.#made += 1;
    const id = `secret:${String(this.#made).padStart(20, '0')}`;
    const tracked = { [this.#view.unit]: 1 };
    this.#secrets[id] = { owner: name, label, revisions: [content], grants: [], tracked };
    return id;
  }

  /** Replaces the content by a new revision; equal content makes none. */
  set(id: string, content: Databag): void {
    const secret = this.#owned('secret-set', id);
    this.#isSecret('secret-set', content);
    const last = secret.revisions.at(-1);
    if (JSON.stringify(last) === JSON.stringify(content)) return;
    this.#secrets[id] = { ...secret, revisions: [...secret.revisions, content] };
  }

  get(id: string, reading: Reading = 'tracked'): Databag {
    const secret = this.#secrets[id];
    if (secret === undefined) throw new ToolError('secret-get', 1, `secret "${id}" not found`);
    const { unit } = this.#view;
    const newest = secret.revisions.length;
    const known = secret.tracked[unit];
    const revision = reading === 'tracked' ? (known ?? newest) : newest;
    if (reading !== 'peek' && known !== revision)
      this.#secrets[id] = { ...secret, tracked: { ...secret.tracked, [unit]: revision } };
    return secret.revisions[revision - 1] ?? {};
  }

  /** Lets the remote application of a relation read it; once more changes nothing. */
  grant(id: string, relation: number): void {
    const secret = this.#owned('secret-grant', id);
    if (this.#view.relations[relation] === undefined)
      throw new ToolError('secret-grant', 2, `relation ${relation} not found`);
    if (!secret.grants.includes(relation))
      this.#secrets[id] = { ...secret, grants: [...secret.grants, relation].sort() };
  }

  revoke(id: string, relation: number): void {
    const secret = this.#owned('secret-revoke', id);
    const grants = secret.grants.filter((granted) => granted !== relation);
    this.#secrets[id] = { ...secret, grants };
  }

  remove(id: string): void {
    this.#owned('secret-remove', id);
    delete this.#secrets[id];
  }

  /** Those that the unit's side owns, by id. */
  infos(): Readonly<Record<string, Pick<StoredSecret, 'label' | 'grants'> & { revision: number }>> {
    const { unit, application } = this.#view;
    const mine = Object.entries(this.#secrets).filter(
      ([, { owner }]) => owner === unit || owner === application,
    );
    return Object.fromEntries(
      mine.map(([id, { label, grants, revisions }]) => [
        id,
        { label, grants, revision: revisions.length },
      ]),
    );
  }

  /** As they are when the hook ends well. */
  flush() {
    for (const [id, secret] of Object.entries(this.#secrets)) {
      const before = this.#view.secrets[id];
      const isTracking = before !== undefined && { ...secret, tracked: {} };
      const wasTracking = before !== undefined && { ...before, tracked: {} };
      if (JSON.stringify(isTracking) !== JSON.stringify(wasTracking))
        this.#mayWrite('secret-set', secret.owner);
    }
    const secretsRemoved = Object.keys(this.#view.secrets).filter(
      (id) => this.#secrets[id] === undefined,
    );
    return { secrets: this.#secrets, secretsMade: this.#made, secretsRemoved };
  }

  #owned(tool: string, id: string): StoredSecret {
    const secret = this.#secrets[id];
    if (secret === undefined) throw new ToolError(tool, 1, `secret "${id}" not found`);
    this.#mayWrite(tool, secret.owner);
    return secret;
  }

  #mayWrite(tool: string, owner: string): void {
    const { unit, application } = this.#view;
    if (owner === unit || (owner === application && this.#leads())) return;
    const why = owner === application ? 'this unit is not the leader' : 'permission denied';
    throw new ToolError(tool, 1, why);
  }

  #isSecret(tool: string, content: Databag): void {
    if (Object.keys(content).length === 0) throw new ToolError(tool, 2, 'missing secret value');
  }
}
