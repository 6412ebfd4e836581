/** What a unit of a foreign charm has of its own: files, status, ports, containers; it goes with the unit's pod. */
import type { Hook } from '../testing/index.ts';
import type { Description } from './description.ts';
import type { HookRecord } from './hook-run.ts';
import { type Container, containerDown, restarted } from './pebble/container.ts';
import type { Beside } from './tool-calls.ts';
import { Files } from './unit-files.ts';

/** By name. */
export type Containers = Readonly<Record<string, Container>>;

export class Pod {
  readonly files: Files;
  readonly beside: Readonly<Beside>;
  readonly containers: Containers;
  /** The hook that it ran last; null before the first. */
  readonly last: HookRecord | null;
  readonly hook: Hook | null;
  /** How often it has run that one in a row. */
  readonly runs: number;
  /** How many update-statuses have written in a row, with nothing between them but what a secret brings. */
  readonly statuses: number;
  /** How many it has run. */
  readonly allStatuses: number;

  constructor(parts: Partial<Omit<Pod, 'after' | 'become' | 'withPorts' | 'toJSON'>> = {}) {
    this.files = parts.files ?? new Files();
    this.beside = parts.beside ?? nothingYet;
    this.containers = parts.containers ?? {};
    this.last = parts.last ?? null;
    this.hook = parts.hook ?? null;
    this.runs = parts.runs ?? 0;
    this.statuses = parts.statuses ?? 0;
    this.allStatuses = parts.allStatuses ?? 0;
  }

  /** As it is after a hook. */
  after(record: HookRecord, beside: Beside, hook: Hook): Pod {
    const isSame = JSON.stringify(hook) === JSON.stringify(this.hook);
    const { files, containers } = record;
    const isEcho = hook.name === 'secret-changed' || hook.name === 'secret-remove';
    const writes = record.calls.some(({ tool }) =>
      /^(relation|secret|state)-(set|add|delete|remove)$/.test(tool),
    );
    const isStatus = hook.name === 'update-status';
    const statuses = isStatus && writes ? this.statuses + 1 : isEcho ? this.statuses : 0;
    return new Pod({
      ...{ files, beside, containers, last: record, hook },
      runs: isSame ? this.runs + 1 : 1,
      statuses,
      allStatuses: this.allStatuses + (isStatus ? 1 : 0),
    });
  }

  /** The same pod with these ports open. */
  withPorts(ports: readonly string[]): Pod {
    return ports === this.beside.ports
      ? this
      : new Pod({ ...this, beside: { ...this.beside, ports } });
  }

  /** The same pod once something befell one of its containers. */
  become(name: string, change: (container: Container) => Container): Pod {
    const before = this.containers[name];
    return before === undefined
      ? this
      : new Pod({ ...this, containers: { ...this.containers, [name]: change(before) } });
  }

  /** What tells one world from another: how it came about does not. */
  toJSON(): object {
    const { logged: _, action: __, ...beside } = this.beside;
    return { files: this.files, ...beside, containers: this.containers };
  }
}

/** As it is before its first hook; of one that was replaced its volumes are left. */
export const newPod = (containers: Description['containers'], before: Pod | null): Pod =>
  new Pod({
    containers: Object.fromEntries(
      containers.map(({ name, volumes, image }) => [
        name,
        restarted(before?.containers[name] ?? containerDown(volumes), image),
      ]),
    ),
  });

const nothingYet: Beside = {
  status: { name: 'unknown', message: '' },
  applicationStatus: { name: 'unknown', message: '' },
  version: '',
  ports: [],
  logged: [],
};
