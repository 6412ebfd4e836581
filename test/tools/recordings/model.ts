/** A model that is driven by what was recorded of it, with what each unit of it has heard so far. */

import { simulated } from '../../../src/pgbouncer/testing/index.ts';
import type { Operation } from '../../../src/testing/actions.ts';
import { unitOf, worldOf } from '../../../src/testing/deploy.ts';
import { withUnit } from '../../../src/testing/lifecycle.ts';
import { operated } from '../../../src/testing/operations.ts';
import type {
  Application,
  Hook,
  Queued,
  Relation,
  Unit,
  World,
} from '../../../src/testing/world.ts';
import { Differs } from './differs.ts';
import { History, type Version } from './history.ts';
import {
  applicationOf,
  isLeaderEvent,
  leaderAnswer,
  type Placed,
  type Timeline,
} from './timeline.ts';

/** What the agent of one unit knows. */
export interface Agent {
  /** Where its last hook ended; all that was surely in force then, it sees. */
  last: number;
  before: number;
  /** By databag: the version that it was told of last, and the newest that it has read. */
  readonly announced: Map<string, Version>;
  /** The newest that it may have been told of. */
  readonly heard: Map<string, Version>;
  readonly read: Map<string, Version>;
  /** Databags of units that its agent holds, until it is told of a change. */
  readonly held: Map<string, Version>;
  config: string | null;
  network: string | null;
}

/** What is told of actions that this knows. */
const anyWords =
  /deploy|relat|remov|add|scal|unit|application|update-status|lead|config|=|agent|restart|reboot|machine|kill|resolv|commit|answer|write|pebble/i;

export const restartWords = /agent|restart|reboot|boot|churn|machine|pod|power/i;

export class Model {
  world: World = {
    ...worldOf(simulated, { units: 1, requirers: {} }),
    applications: {},
    units: {},
    relations: {},
    outside: { ...worldOf(simulated, { units: 1, requirers: {} }).outside, units: {} },
    hasSecrets: true,
  };
  readonly gone = new Set<string>();
  readonly timeline: Timeline;
  /** Relations of which a unit has begun to take leave. */
  readonly parting = new Set<string>();
  readonly revisions = new Map<string, { from: number; sure: number }[]>();
  /** What the hook that runs now is told of. */
  target: Version | null = null;
  readonly #histories = new Map<string, History>();
  readonly #agents = new Map<string, Agent>();
  readonly #since = new Map<number, Placed>();
  readonly #left = new Set<string>();
  readonly #elected = new Set<string>();

  constructor(timeline: Timeline) {
    this.timeline = timeline;
  }

  take(action: Operation): void {
    this.world = operated(simulated, this.world, action);
  }

  change(name: string, how: (unit: Unit) => Unit): void {
    const unit = this.world.units[name];
    if (unit !== undefined) this.world = withUnit(this.world, name, how(unit));
  }

  agent(name: string): Agent {
    const known = this.#agents.get(name);
    if (known !== undefined) return known;
    const agent: Agent = {
      last: -1,
      before: -1,
      announced: new Map(),
      heard: new Map(),
      read: new Map(),
      held: new Map(),
      config: null,
      network: null,
    };
    this.#agents.set(name, agent);
    return agent;
  }

  history(id: number, who: string): History {
    const key = `${id}|${who}`;
    const known = this.#histories.get(key);
    if (known !== undefined) return known;
    const history = new History(this.timeline.applications.has(applicationOf(who)));
    this.#histories.set(key, history);
    return history;
  }

  /** All that was done comes to rest: everybody has heard of everything. */
  rest(): void {
    for (const [name, { announced }] of this.#agents)
      for (const key of announced.keys()) {
        const history = this.#histories.get(key);
        // Who is stuck in a hook that fails has heard of nothing else.
        if (history?.isKnown === true && this.world.units[name]?.failed === null)
          this.#hear(name, key, history.last);
      }
  }

  addApplication(name: string): void {
    if (this.world.applications[name] !== undefined) return;
    const application: Application = {
      // Who leads is seen where hooks were recorded.
      role: this.timeline.applications.has(name) ? 'provider' : 'requirer',
      life: 'alive',
      leader: null,
      unitsMade: 0,
      endpoint: 'database',
      request: {},
      options: {},
    };
    this.world = {
      ...this.world,
      applications: { ...this.world.applications, [name]: application },
    };
  }

  addUnit(name: string, queue: readonly Queued[]): void {
    this.world = withUnit(this.world, name, {
      ...unitOf(simulated, applicationOf(name), 0),
      queue,
    });
  }

  addRelation(id: number, relation: Relation, placed: Placed): void {
    this.world = { ...this.world, relations: { ...this.world.relations, [id]: relation } };
    this.#since.set(id, placed);
  }

  /** An unseen unit leaves a relation. */
  forget(id: number, other: string): void {
    this.#left.add(`${id}|${other}`);
    const relation = this.world.relations[id] as Relation;
    const scope = relation.scope.filter((one) => one !== other);
    this.world = {
      ...this.world,
      relations: { ...this.world.relations, [id]: { ...relation, scope } },
    };
  }

  hasLeft(id: number, other: string): boolean {
    const there = this.world.units[other];
    return this.#left.has(`${id}|${other}`) || there === undefined || there.life === 'dying';
  }

  crown(name: string): void {
    const application = applicationOf(name);
    const found = this.world.applications[application] as Application;
    this.world = {
      ...this.world,
      applications: { ...this.world.applications, [application]: { ...found, leader: name } },
    };
  }

  leads(name: string): boolean {
    return this.world.applications[applicationOf(name)]?.leader === name;
  }

  /** A unit turns out to lead, or to lead no more; neither while another one is seen to do so. */
  lead(placed: Placed, isLeader: boolean): void {
    const { unit: name } = placed.hook;
    const application = applicationOf(name);
    const { leader } = this.world.applications[application] as Application;
    if (isLeader && leader === name) {
      if (this.#elected.has(name)) throw new Differs('it was elected already');
      this.#elect(name);
      return;
    }
    if (!isLeader) {
      const isTaken = this.timeline.hooks.some(
        ({ place, hook }) =>
          place > placed.place &&
          place <= placed.quiet &&
          hook.hook === 'leader-elected' &&
          applicationOf(hook.unit) === application,
      );
      if (!isTaken && !this.says(placed, /leader/i))
        throw new Differs(`nobody else is seen to lead after ${name}`);
      this.take({ _tag: 'LoseLeader', application });
      return;
    }
    if (
      leader !== null &&
      this.world.units[leader] !== undefined &&
      this.world.units[leader]?.life === 'alive'
    ) {
      const next = this.timeline
        .of(leader, placed.place)
        .find(({ hook }) => leaderAnswer(hook) !== null || isLeaderEvent(hook));
      if (
        next !== undefined &&
        leaderAnswer(next.hook) === true &&
        next.hook.hook !== 'leader-elected'
      )
        throw new Differs(`${leader} leads still`);
    }
    if (leader !== null) this.take({ _tag: 'LoseLeader', application });
    this.#elect(name);
  }

  #elect(name: string): void {
    const application = applicationOf(name);
    if (this.leads(name)) this.take({ _tag: 'LoseLeader', application });
    this.take({ _tag: 'Elect', unit: name });
  }

  wasElected(name: string): void {
    for (const other of [...this.#elected])
      if (applicationOf(other) === applicationOf(name)) this.#elected.delete(other);
    this.#elected.add(name);
  }

  actionsBefore({ scenario }: Placed): string {
    return scenario.actions.join('\n');
  }

  /** Whether something of a kind was done before; whatever it was, where nothing that is told makes sense. */
  says({ scenario }: Pick<Placed, 'scenario'>, words: RegExp): boolean {
    const actions = scenario.actions.join('\n');
    return !anyWords.test(actions) || words.test(actions);
  }

  /** Whether agents may have been restarted by now; one that had nothing to do ran no hook. */
  wasRestarted({ scenario }: Placed): boolean {
    const { scenarios } = this.timeline;
    return scenarios
      .slice(0, scenarios.indexOf(scenario) + 1)
      .some((one) => this.says({ scenario: one }, restartWords));
  }

  /** Whether a unit sees another configuration or another address than before. */
  isConfigured({ hook }: Placed): boolean {
    const { config, network } = this.agent(hook.unit);
    const shown = (tool: string) => hook.calls.find((call) => call.tool === tool)?.stdout ?? null;
    const [newConfig, newNetwork] = [shown('config-get'), shown('network-get')];
    return (
      (newConfig !== null && newConfig !== config) ||
      (newNetwork !== null && newNetwork !== network)
    );
  }

  /** Whether a relation was there before all that happens now, so that a unit has entered it long ago. */
  wasThere(id: number, placed: Placed): boolean {
    const since = this.#since.get(id);
    return since !== undefined && since.quiet < placed.place - placed.number;
  }

  /** A secret of somebody unseen has a new content. */
  hearOfUnseen(placed: Placed, wanted: Hook): void {
    const id = Object.keys(this.world.secrets).find((one) =>
      one.endsWith(wanted.secret?.replace('secret:', '') ?? ' '),
    );
    const secret = id === undefined ? undefined : this.world.secrets[id];
    if (id === undefined || secret === undefined || wanted.name !== 'secret-changed') return;
    if (this.timeline.applications.has(applicationOf(secret.owner))) return;
    const label = placed.hook.environment.JUJU_SECRET_LABEL ?? '';
    const news: Hook = {
      name: 'secret-changed',
      secret: wanted.secret ?? '',
      revision: secret.revisions.length + 1,
      label,
    };
    this.change(placed.hook.unit, (unit) => ({ ...unit, news: [...(unit.news ?? []), news] }));
  }

  /** Whether a unit is being told that a secret has a new content. */
  heard(name: string, id: string): boolean {
    return (this.world.units[name]?.news ?? []).some(
      ({ secret }) => secret !== undefined && id.endsWith(secret.replace('secret:', '')),
    );
  }

  /** What a changed hook tells of: the next version that its unit has not been told of. */
  announce({ hook, place }: Placed, id: number, other: string | undefined): void {
    const unit = this.world.units[hook.unit];
    const relation = this.world.relations[id];
    if (unit === undefined || relation === undefined) return;
    const remote = relation.provider === unit.application ? relation.requirer : relation.provider;
    const who = other ?? remote;
    if (unit.told[id]?.changing === who) return;
    const history = this.history(id, who);
    const known = this.agent(hook.unit).announced.get(`${id}|${who}`);
    const next = (known === undefined ? 0 : history.versions.indexOf(known)) + 1;
    const [, newest] = history.range(place, place);
    if (next <= newest) this.target = history.at(next);
    else if (!history.isKnown) this.target = history.at(history.unread(place));
  }

  news(_name: string, _id: number, _other: string | undefined): Version['bag'] | null {
    return this.target?.bag ?? null;
  }

  /** After a hook that ended well: which version of what it was about the unit has been told of. */
  told(placed: Placed, hook: Hook): void {
    const { unit: name } = placed.hook;
    const { relation: id, remoteUnit, remoteApplication } = hook;
    const unit = this.world.units[name];
    const one = id === undefined ? undefined : unit?.told[id];
    if (id === undefined || unit === undefined || one === undefined) return;
    const kind = hook.name.slice(hook.name.lastIndexOf('-') + 1);
    const who = remoteUnit ?? remoteApplication ?? '';
    const key = `${id}|${who}`;
    const agent = this.agent(name);
    const history = this.history(id, who);
    if (kind === 'created') {
      const first = history.at(0);
      agent.announced.set(key, first);
      this.change(name, (now) => ({
        ...now,
        told: { ...now.told, [id]: { ...one, application: first.bag } },
      }));
    } else if (kind === 'departed') {
      agent.announced.delete(key);
      agent.held.delete(key);
    } else if (kind === 'joined' || kind === 'changed') {
      const [certain] = history.range(agent.before, placed.place);
      const [, newest] = history.range(placed.place, placed.place);
      agent.heard.set(key, history.at(newest));
      const before = history.versions.indexOf(this.target ?? history.at(0));
      this.#hear(name, key, history.at(Math.max(before, certain, 0)));
    }
  }

  #hear(name: string, key: string, version: Version): void {
    const [id = '', who = ''] = key.split('|');
    this.agent(name).announced.set(key, version);
    this.change(name, (unit) => {
      const one = unit.told[id];
      if (one === undefined) return unit;
      const next =
        who.includes('/') && one.units[who] !== undefined
          ? { ...one, units: { ...one.units, [who]: version.bag } }
          : who.includes('/')
            ? one
            : { ...one, application: version.bag };
      return { ...unit, told: { ...unit.told, [id]: next } };
    });
  }
}
