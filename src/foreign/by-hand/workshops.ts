/** What the hooks of a model's charms are run with: made when the first of them is run. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Misuse } from '../../testing/index.ts';
import type { Description } from '../description.ts';
import type { Workshop } from '../hook-run.ts';
import { openToolServer, type ToolServer } from '../tool-server.ts';
import { workshopIn } from '../workshop.ts';
import type { ModelFolder } from './kept.ts';

/** An application whose hooks are to be run. */
interface Worker {
  readonly application: string;
  readonly charm: Description;
  readonly python?: string;
  readonly units: readonly string[];
}

export class Workshops {
  readonly #folder: ModelFolder;
  readonly #shops = new Map<string, Workshop>();
  #work: { readonly path: string; readonly server: ToolServer } | null = null;

  constructor(folder: ModelFolder) {
    this.#folder = folder;
  }

  /** To be called BEFORE hooks are run. */
  async open(): Promise<void> {
    if (this.#work !== null) return;
    const path = mkdtempSync(join(tmpdir(), 'hookchart-juju-'));
    this.#work = { path, server: await openToolServer(path) };
  }

  of(application: string, worker: () => Worker): Workshop {
    const known = this.#shops.get(application);
    if (known !== undefined) return known;
    if (this.#work === null) throw new Misuse('no hook is run before there is somewhere to run it');
    const { path, server } = this.#work;
    const { charm, python, units } = worker();
    for (const unit of units) {
      const before = join(this.#folder.unit(unit), 'charm');
      // What a unit has made is in the model, and is put there anew.
      if (existsSync(before)) rmSync(before, { recursive: true });
    }
    const options = python === undefined ? {} : { python };
    const at = join(path, application);
    const shop = workshopIn(at, server, charm, options, this.#folder.units);
    // Who looks on is to see each hook run.
    const forgetful = { ...shop, memory: null };
    this.#shops.set(application, forgetful);
    return forgetful;
  }

  /** The charm of an application is another one from now on. */
  drop(application: string): void {
    close(this.#shops.get(application));
    this.#shops.delete(application);
  }

  close(): void {
    for (const shop of this.#shops.values()) close(shop);
    this.#work?.server.close();
    if (this.#work !== null) rmSync(this.#work.path, { recursive: true, force: true });
  }
}

function close(shop: Workshop | undefined): void {
  shop?.launcher.close();
  shop?.pebble?.close();
}
