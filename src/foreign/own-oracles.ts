/** Oracles that a charm's author writes: a module of JavaScript or TypeScript, or a file of Python. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import type { Databag } from '../juju/index.ts';
import { isHook, isPeer, Misuse, unitsOf, type World } from '../testing/index.ts';
import type { Oracle } from './oracles.ts';
import type { Pod } from './pod.ts';
import { agentFile } from './tool-server.ts';

/** What an oracle of one's own is shown, after each hook of the charm and whenever all is at rest. */
interface OracleView {
  readonly atRest: boolean;
  /** The hook that has just ended; null at rest. */
  readonly hook: {
    readonly unit: string;
    readonly name: string;
    readonly relation: number | null;
    /** Why it failed; null where it ended well. */
    readonly failure: string | null;
    /** It was killed, deposed, or lost its commit. */
    readonly interrupted: boolean;
    readonly printed: string;
    readonly logged: readonly string[];
    /** The calls of its hook tools, as words. */
    readonly calls: readonly (readonly string[])[];
  } | null;
  /** The application under test. */
  readonly application: {
    readonly name: string;
    readonly leader: string | null;
    readonly config: Readonly<Record<string, unknown>>;
  };
  readonly units: Readonly<
    Record<
      string,
      {
        readonly status: string;
        readonly message: string;
        /** Events that ops has put off. */
        readonly deferred: readonly string[];
        readonly dying: boolean;
        /** By container: the services that run. */
        readonly services: Readonly<Record<string, readonly string[]>>;
      }
    >
  >;
  /** By number; databags by application and by unit. */
  readonly relations: Readonly<
    Record<
      string,
      {
        readonly endpoint: string;
        readonly remote: string;
        readonly isPeer: boolean;
        readonly dying: boolean;
        readonly databags: Readonly<Record<string, Databag>>;
      }
    >
  >;
  readonly secrets: readonly {
    readonly owner: string;
    readonly label: string | null;
    readonly content: Databag;
    readonly revision: number;
    /** Numbers of the relations that it is granted to. */
    readonly grants: readonly number[];
  }[];
}

/** What is wrong, in words; nothing where all is well. */
type Check = (view: OracleView) => readonly string[];

/**
 * The oracles of a file. A module exports them by name: `{ claims, check(view) }`, where `check` gives a
 * list of what is wrong. In Python each function that does not begin with `_` is one, its docstring says
 * what it claims, and it returns such a list. `Misuse` says what is wrong with the file.
 */
export async function oraclesIn(file: string, python = 'python3'): Promise<readonly Oracle[]> {
  const wrong = (what: string) =>
    new Misuse(
      `${file} ${what}: an oracle in .mjs or .ts is \`export const Name = { claims: "…", check(view) { return [] } }\`, one in .py a function that returns a list`,
    );
  const found =
    extname(file) === '.py' ? inPython(file, python, wrong) : await inModule(file, wrong);
  if (found.length === 0) throw wrong('has no oracle');
  return found.map(({ name, claims, check }) => ofCheck(name, claims, check, wrong));
}

interface Found {
  readonly name: string;
  readonly claims: string;
  readonly check: (view: OracleView) => unknown;
}

type Wrong = (what: string) => Misuse;

const exported = v.object({ claims: v.string(), check: v.function() });

async function inModule(file: string, wrong: Wrong): Promise<readonly Found[]> {
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await imported(file);
  } catch (cause) {
    throw wrong(`cannot be loaded (${cause instanceof Error ? cause.message : String(cause)})`);
  }
  return Object.entries(module).map(([name, value]) => {
    const parsed = v.safeParse(exported, value);
    if (!parsed.success) throw wrong(`exports ${name}, which has no claims or no check`);
    const { claims, check } = parsed.output;
    return { name, claims, check };
  });
}

/** TypeScript is taken as it is where Node takes it, and else by esbuild, where that is installed. */
async function imported(file: string): Promise<Readonly<Record<string, unknown>>> {
  const url = pathToFileURL(resolve(file)).href;
  try {
    return await import(url);
  } catch (cause) {
    const isUnknown =
      cause instanceof Error && 'code' in cause && cause.code === 'ERR_UNKNOWN_FILE_EXTENSION';
    if (!isUnknown) throw cause;
  }
  const { build } = await import('esbuild').catch(() => {
    throw new Error(
      'this Node takes no TypeScript, and esbuild, which would do it, is not installed: `npm install --save-dev esbuild`, or take Node 24',
    );
  });
  const { outputFiles } = await build({
    ...{ entryPoints: [resolve(file)], bundle: true, write: false, logLevel: 'silent' },
    ...{ platform: 'node', format: 'esm', target: `node${process.versions.node}` },
  });
  const [{ contents } = { contents: new Uint8Array() }] = outputFiles;
  return await import(`data:text/javascript;base64,${Buffer.from(contents).toString('base64')}`);
}

const told = v.array(v.object({ name: v.string(), claims: v.string() }));

function inPython(file: string, python: string, wrong: Wrong): readonly Found[] {
  const ask = (input: string): unknown => {
    const args = [agentFile('oracle.py'), resolve(file)];
    const ran = spawnSync(python, args, { input, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
    if (ran.error !== undefined) throw wrong(`cannot be run (${python}: ${ran.error.message})`);
    if (ran.status !== 0) throw wrong(`fails (${whyItEnded(ran)})`);
    return JSON.parse(ran.stdout);
  };
  return v.parse(told, ask('')).map(({ name, claims }) => ({
    name,
    claims,
    check: (view) => ask(JSON.stringify({ name, view })),
  }));
}

/** The last line of a traceback; where there is none, all that is known of the end. */
function whyItEnded({ stderr, signal, status }: SpawnSyncReturns<string>): string {
  const last = stderr.trim().split('\n').at(-1);
  if (signal !== null) return `ended by ${signal}${last ? `: ${last}` : ''}`;
  return last || `exit code ${status}, and nothing was said`;
}

/** A file is asked once about what is the same. */
function ofCheck(name: string, claims: string, found: Found['check'], wrong: Wrong): Oracle {
  const known = new Map<string, readonly string[]>();
  const check: Check = (view) => {
    const key = JSON.stringify(view);
    const before = known.get(key);
    if (before !== undefined) return before;
    const made = v.safeParse(v.nullish(v.array(v.string()), []), found(view));
    if (!made.success) throw wrong(`has ${name}, which gives no list of texts`);
    known.set(key, made.output);
    return made.output;
  };
  return {
    name,
    claims,
    across: (_, action, { world, outcome }) => {
      if (!isHook(action) || outcome === null || !action.unit.startsWith(`${world.tested}/`))
        return [];
      const record = outcome.outside.own.last;
      return check({
        ...viewOf(world),
        atRest: false,
        hook: {
          unit: action.unit,
          name: action.hook.name,
          relation: action.hook.relation ?? null,
          failure: outcome.failure,
          interrupted: action.interruption !== undefined,
          printed: record === null ? '' : `${record.stdout}${record.stderr}`,
          logged: outcome.outside.own.beside.logged,
          calls: record?.calls.map(({ tool, args }) => [tool, ...args]) ?? [],
        },
      });
    },
    atRest: (world) => check({ ...viewOf(world), atRest: true, hook: null }),
  };
}

function viewOf(world: World<null, Pod>): Omit<OracleView, 'atRest' | 'hook'> {
  const { tested, applications, relations, secrets, outside } = world;
  const own = applications[tested];
  return {
    application: { name: tested, leader: own?.leader ?? null, config: own?.config ?? {} },
    units: Object.fromEntries(
      unitsOf(world, tested).map((unit) => {
        const pod = outside.units[unit];
        const services = Object.entries(pod?.containers ?? {}).map(([name, { running }]) => [
          name,
          Object.keys(running),
        ]);
        return [
          unit,
          {
            status: pod?.beside.status.name ?? 'unknown',
            message: pod?.beside.status.message ?? '',
            deferred: pod?.last?.deferred ?? [],
            dying: world.units[unit]?.life !== 'alive',
            services: Object.fromEntries(services),
          },
        ];
      }),
    ),
    relations: Object.fromEntries(
      Object.entries(relations).map(([id, relation]) => [
        id,
        {
          endpoint: relation.endpoint,
          remote: relation.provider === tested ? relation.requirer : relation.provider,
          isPeer: isPeer(relation),
          dying: relation.life !== 'alive',
          databags: { ...relation.applications, ...relation.units },
        },
      ]),
    ),
    secrets: Object.values(secrets).map(({ owner, label, revisions, grants }) => ({
      ...{ owner, label, grants, revision: revisions.length },
      content: revisions.at(-1) ?? {},
    })),
  };
}
