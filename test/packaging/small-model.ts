/** A model with one unit of a charm, which Juju's hook tools show to the hooks that it runs. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { ToolError } from '../../src/testing/tool-error.ts';
import type { Hook } from '../../src/testing/world.ts';
import { eventVariables } from '../pgbouncer/charm/environment.ts';
import { type Asked, StandIn, type ToolCall } from '../pgbouncer/charm/stand-in.ts';

interface Relation {
  readonly endpoint: string;
  readonly application: string;
  /** What the other application says, and what this one does. */
  readonly remote: Record<string, string>;
  readonly own: Record<string, string>;
  /** What each unit of the other application says; the unit itself is none of them. */
  readonly units?: Readonly<Record<string, Record<string, string>>>;
  /** What this unit says. */
  readonly unit?: Record<string, string>;
}

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
  readonly calls: readonly ToolCall[];
}

export class SmallModel {
  readonly unit = 'a-website/0';
  readonly relations: Record<number, Relation> = {};
  isLeader = true;
  config: Readonly<Record<string, unknown>> = {};
  state: Record<string, string> = {};
  status = '';
  readonly #standIn: StandIn;

  private constructor(standIn: StandIn) {
    this.#standIn = standIn;
  }

  static async start(): Promise<SmallModel> {
    return new SmallModel(await StandIn.start());
  }

  stop(): Promise<void> {
    return this.#standIn.stop();
  }

  /** Runs a program as the agent does; what it wrote counts only where it ends well. */
  async hook(
    command: readonly [program: string, ...args: readonly string[]],
    hook: Hook,
    variables: Readonly<Record<string, string>> = {},
  ): Promise<Ended> {
    const commits: (() => void)[] = [];
    this.#standIn.answer((asked) => this.#answer(asked, commits));
    const [program, ...args] = command;
    const ended = await new Promise<Omit<Ended, 'calls'>>((resolve) => {
      const env = {
        PATH: `${this.#standIn.folder}:${process.env.PATH}`,
        JUJU_AGENT_SOCKET_ADDRESS: this.#standIn.address,
        JUJU_CHARM_DIR: join(program, '..'),
        JUJU_DISPATCH_PATH: `hooks/${hook.name}`,
        JUJU_MACHINE_ID: '0',
        JUJU_MODEL_NAME: 'test',
        JUJU_MODEL_UUID: '5e1f3c7a-0000-4000-8000-000000000001',
        JUJU_UNIT_NAME: this.unit,
        JUJU_VERSION: '3.6.9',
        ...eventVariables(hook),
        ...variables,
      };
      const child = execFile(program, args, { env }, (_, out, error) =>
        resolve({ code: child.exitCode ?? -1, out, error }),
      );
    });
    if (ended.code === 0) for (const commit of commits) commit();
    return { ...ended, calls: this.#standIn.calls };
  }

  #answer({ tool, args, input }: Asked, commits: (() => void)[]): string {
    const related = (id = ''): Relation => {
      const found = this.relations[Number(id.split(':')[1])];
      if (found === undefined) throw new ToolError(tool, 2, `relation not found: ${id}`);
      return found;
    };
    const relation = args[args.indexOf('-r') + 1];
    const later = (commit: () => void) => {
      commits.push(commit);
      return '';
    };
    switch (tool) {
      case 'is-leader':
        return JSON.stringify(this.isLeader);
      case 'config-get':
        return JSON.stringify(this.config);
      case 'state-get':
        return JSON.stringify(
          args.at(-1) === 'deferred' ? (this.state.deferred ?? '') : this.state,
        );
      case 'state-set':
        return later(() => Object.assign(this.state, JSON.parse(input)));
      case 'status-set':
        return later(() => {
          this.status = args.slice(1).join(': ');
        });
      case 'network-get':
        return JSON.stringify({
          'bind-addresses': [{ addresses: [{ value: '10.0.0.5' }] }],
          'ingress-addresses': ['192.0.2.5'],
        });
      case 'relation-list': {
        const { application, units = {} } = related(relation);
        return JSON.stringify(args.includes('--app') ? application : Object.keys(units));
      }
      case 'goal-state':
        return JSON.stringify({ units: { [this.unit]: { status: 'active' } } });
      case 'relation-ids':
        return JSON.stringify(
          Object.entries(this.relations).flatMap(([id, { endpoint }]) =>
            endpoint === args.at(-1) ? [`${endpoint}:${id}`] : [],
          ),
        );
      case 'relation-get': {
        const { application, remote, own, units = {}, unit = {} } = related(relation);
        const who = args.at(-1) ?? '';
        if (who === application) return JSON.stringify(remote);
        return JSON.stringify(who === this.unit ? unit : (units[who] ?? own));
      }
      case 'relation-set':
        return later(() => {
          const { own, unit = {} } = related(relation);
          merge(args.includes('--app') ? own : unit, JSON.parse(input));
        });
      default:
        throw new ToolError(tool, 1, `this model has no ${tool}`);
    }
  }
}

/** As Juju writes: an empty value takes its key away. */
function merge(databag: Record<string, string>, values: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(values))
    if (value === '') delete databag[key];
    else databag[key] = value;
}
