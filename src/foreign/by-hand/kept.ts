/** A model in a folder: its world, where its charms are, and what its units have logged. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { type Configuration, type Interruption, Misuse, type World } from '../../testing/index.ts';
import { Pod } from '../pod.ts';
import { wrongShape } from '../wrong-shape.ts';
import { lockFile, takeLock } from './lock.ts';
import { packed, unpacked } from './packed.ts';
import { storedModel } from './stored-shape.ts';

/** Where the charm of an application is, and what runs it where it is in Python. */
interface CharmPlace {
  readonly folder: string;
  readonly python?: string;
  /** Folders with what the images of its containers bring, by the container's name. */
  readonly images?: Readonly<Record<string, string>>;
  /** Files of its resources, by the resource's name. */
  readonly resources?: Readonly<Record<string, string>>;
}

/** What is deployed, from where, and how it is set up. */
export interface Deployment extends CharmPlace {
  readonly application: string;
  readonly units: number;
  readonly config: Configuration;
}

/** All of a model that is kept between two commands. */
export interface Kept {
  readonly world: World<null, Pod>;
  /** By application. */
  readonly charms: Readonly<Record<string, CharmPlace>>;
  /** What befalls the next hook of a unit. */
  readonly crashes: Readonly<Record<string, Interruption>>;
  /** How many lines of the log there are: they have no other time. */
  readonly logged: number;
}

/** A line of the log, as Juju's is made up. */
export interface LogLine {
  /** The unit, or `controller-0`. */
  readonly entity: string;
  /** Which line it is, from 1: the simulation has no other time. */
  readonly at: number;
  readonly level: string;
  readonly module: string;
  readonly message: string;
}

const format = 'hookchart-juju';
/** To be counted up where a world, or what is in a unit's pod, is of another shape than before. */
const version = 2;

/** What there is of a model in its folder, the lock aside. */
const own: ReadonlySet<string> = new Set([
  ...['.gitignore', 'log.jsonl', 'model.json', 'model.json.new', 'units'],
]);

const schema = v.object({
  format: v.literal(format),
  version: v.number(),
  by: v.string(),
  model: v.optional(v.unknown()),
});

/** What is in a folder, for one command at a time. */
export class ModelFolder {
  readonly path: string;
  readonly #by: string;

  /** `by` is the program's version, whose files no other one reads. */
  constructor(path: string, by: string) {
    this.path = path;
    this.#by = by;
  }

  isThere(): boolean {
    return existsSync(this.#file);
  }

  /** `Misuse` where there is no model, where another version has made it, or where it is damaged. */
  read(): Kept {
    if (!this.isThere())
      throw new Misuse(`there is no model in ${this.path}: "deploy FOLDER" begins one`);
    const text = readFileSync(this.#file, 'utf8');
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
    if (!parsed.success)
      throw new Misuse(`${this.#file} is no model: remove ${this.path}, and deploy anew`);
    const { by, version: written, model } = parsed.output;
    if (written !== version || by !== this.#by)
      throw new Misuse(
        `the model in ${this.path} is one of hookchart ${by}, and this is ${this.#by}: "destroy-model" takes it away`,
      );
    const shape = v.safeParse(v.object({ model: storedModel }), { model });
    if (!shape.success) {
      const [issue] = shape.issues;
      const path = v.getDotPath(issue) ?? 'it';
      throw this.#damaged(`${path} ${wrongShape(issue)}`);
    }
    return restored(model as Stored, (unit, cause) =>
      this.#damaged(`what it holds of the pod of ${unit} cannot be read (${cause})`),
    );
  }

  write(kept: Kept): void {
    const whole = { format, version, by: this.#by, model: stored(kept) };
    // Who is ended while it writes leaves the model as it was.
    writeFileSync(`${this.#file}.new`, JSON.stringify(whole));
    renameSync(`${this.#file}.new`, this.#file);
  }

  log(lines: readonly LogLine[]): void {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    appendFileSync(join(this.path, 'log.jsonl'), text);
  }

  logged(): readonly LogLine[] {
    const file = join(this.path, 'log.jsonl');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.flatMap((line) => (line === '' ? [] : [JSON.parse(line) as LogLine]));
  }

  /** The folder of a unit's own things; what it has made there stays until the unit is gone. */
  unit(name: string): string {
    return join(this.units, name.replace('/', '-'));
  }

  get units(): string {
    return join(this.path, 'units');
  }

  /** Takes away what is a model's, and the folder where nothing else is in it. */
  destroy(): void {
    for (const name of [...own, lockFile])
      rmSync(join(this.path, name), { recursive: true, force: true });
    if (readdirSync(this.path).length === 0) rmdirSync(this.path);
  }

  /** Nobody else uses the model until what is given back is called. `Misuse` where somebody does. */
  lock(): () => void {
    if (!existsSync(this.path)) {
      mkdirSync(this.path, { recursive: true });
      writeFileSync(join(this.path, '.gitignore'), '*\n');
    } else if (
      !this.isThere() &&
      readdirSync(this.path).some((name) => !own.has(name) && !name.startsWith(lockFile))
    )
      throw new Misuse(`${this.path} holds something else, and no model: name another folder`);
    return takeLock(this.path);
  }

  #damaged(what: string): Misuse {
    return new Misuse(`${this.#file} is damaged: ${what}: remove ${this.path}, and deploy anew`);
  }

  get #file(): string {
    return join(this.path, 'model.json');
  }
}

interface Stored extends Omit<Kept, 'world'> {
  readonly world: Omit<World<null, Pod>, 'outside'>;
  /** What each unit has of its own: all of its pod but what it ran last. */
  readonly pods: Readonly<Record<string, unknown>>;
}

function stored({ world, ...rest }: Kept): Stored {
  const { outside, ...model } = world;
  const pods = Object.entries(outside.units).map(([unit, pod]) => [
    unit,
    packed({ ...pod, last: null }),
  ]);
  return { ...rest, world: model, pods: Object.fromEntries(pods) };
}

function restored(
  { world, pods, ...rest }: Stored,
  damaged: (unit: string, cause: string) => Misuse,
): Kept {
  const units = Object.entries(pods).map(([unit, pod]) => {
    try {
      return [unit, new Pod(unpacked(pod) as ConstructorParameters<typeof Pod>[0])];
    } catch (cause) {
      throw damaged(unit, cause instanceof Error ? cause.message : String(cause));
    }
  });
  return {
    ...rest,
    world: { ...world, outside: { shared: null, units: Object.fromEntries(units) } },
  };
}
