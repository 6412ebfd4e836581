/** What the hooks of one charm are run with, made of its folder. */
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { isCharmcrafts } from './charmcraft-dispatch.ts';
import type { Description } from './description.ts';
import type { HookRecord, Workshop } from './hook-run.ts';
import { dispatchOf, ForkLauncher, PlainLauncher, pythonOf } from './launch.ts';
import { CharmRoom } from './pebble/charm-room.ts';
import { openPebble } from './pebble/server.ts';
import { fetched } from './resources.ts';
import { Shortcut } from './shortcut.ts';
import type { ToolServer } from './tool-server.ts';
import { UnitFolder } from './unit-files.ts';

/** How its hooks are run. */
export interface Running {
  /** The interpreter of a charm in Python that is run by forks; by default that of its own venv. */
  readonly python?: string;
  /** Every hook is a process, and so is every call of a tool: slower, with no shortcut to distrust. */
  readonly isPlain?: boolean;
}

/** What the hooks of one charm are run with, in a folder; its units' own folders may be elsewhere. */
export function workshopIn(
  work: string,
  server: ToolServer,
  charm: Description,
  { python: named, isPlain = false }: Running,
  units = join(work, 'units'),
): Workshop {
  mkdirSync(work, { recursive: true });
  const isSource = charm.entry._tag === 'Source';
  const isForked = isSource || isCharmcrafts(charm);
  const isNamed = named !== undefined && isForked;
  // It is run from other folders than this one.
  const python = !isNamed ? pythonOf(charm) : named.includes('/') ? resolve(named) : named;
  const names = charm.containers.map(({ name }) => name);
  const pebble = names.length === 0 ? null : openPebble(work, names);
  const room = pebble === null ? null : new CharmRoom(join(work, 'root'), pebble.folder);
  const folders = new Map<string, UnitFolder>();
  const given = {
    ...(isSource ? { dispatch: dispatchOf(python) } : {}),
    ...packedFiles(charm),
  };
  return {
    charm,
    server,
    pebble,
    launcher:
      isForked && !isPlain
        ? new ForkLauncher(python, charm, work)
        : new PlainLauncher(charm, room, isPlain ? null : new Shortcut(server)),
    folderOf: (unit) => {
      const known = folders.get(unit);
      if (known !== undefined) return known;
      const path = join(units, unit.replace('/', '-'), 'charm');
      const made = new UnitFolder(path, charm.folder, given);
      folders.set(unit, made);
      return made;
    },
    storageOf: (unit, name) => {
      const path = join(units, unit.replace('/', '-'), 'storage', name.replace('/', '-'));
      mkdirSync(path, { recursive: true });
      return path;
    },
    resourceOf: (unit, name) =>
      fetched(charm, name, join(units, unit.replace('/', '-'), 'resources')),
    memory: isPlain ? null : new Map<string, HookRecord>(),
    counts: { run: 0, known: 0 },
  };
}

/** What charmcraft makes of its one file when it packs a charm, where that was not done yet. */
function packedFiles({ folder, document }: Description): Readonly<Record<string, string>> {
  const { config, actions, ...metadata } = document;
  const files = {
    'metadata.yaml': { summary: '', description: '', ...metadata },
    'config.yaml': config,
    'actions.yaml': actions,
  };
  return Object.fromEntries(
    Object.entries(files).flatMap(([file, content]) =>
      content === undefined || content === null || existsSync(join(folder, file))
        ? []
        : [[file, stringify(content)]],
    ),
  );
}
