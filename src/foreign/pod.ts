/** What a unit of a foreign charm has of its own: files, status, ports; it goes with the unit's pod. */
import type { Hook } from '../testing/index.ts';
import type { HookRecord } from './hook-run.ts';
import type { Beside } from './tool-calls.ts';
import { Files } from './unit-files.ts';

export class Pod {
  readonly files: Files;
  readonly beside: Readonly<Beside>;
  /** The hook that it ran last; null before the first. */
  readonly last: HookRecord | null;
  readonly hook: Hook | null;
  /** How often it has run that one in a row. */
  readonly runs: number;

  constructor(
    files = new Files(),
    beside: Readonly<Beside> = nothingYet,
    last: HookRecord | null = null,
    hook: Hook | null = null,
    runs = 0,
  ) {
    this.files = files;
    this.beside = beside;
    this.last = last;
    this.hook = hook;
    this.runs = runs;
  }

  /** As it is after a hook. */
  after(record: HookRecord, beside: Beside, hook: Hook): Pod {
    const isSame = JSON.stringify(hook) === JSON.stringify(this.hook);
    return new Pod(record.files, beside, record, hook, isSame ? this.runs + 1 : 1);
  }

  /** What tells one world from another: how it came about does not. */
  toJSON(): object {
    const { logged: _, ...beside } = this.beside;
    return { files: this.files, ...beside };
  }
}

const nothingYet: Beside = {
  status: { name: 'unknown', message: '' },
  applicationStatus: { name: 'unknown', message: '' },
  version: '',
  ports: [],
  logged: [],
};
