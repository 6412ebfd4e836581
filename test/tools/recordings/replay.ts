/** One recorded hook against the simulation: its calls, with what was free in them, and its commit. */
import type { Databag } from '../../../src/pgbouncer/relation/request.ts';
import { HookTools, type Pending } from '../../../src/testing/hook-tools.ts';
import { delivered, flushed, withUnit } from '../../../src/testing/lifecycle.ts';
import { shortId } from '../../../src/testing/secret-names.ts';
import { failedAt } from '../../../src/testing/step.ts';
import { ToolError } from '../../../src/testing/tool-error.ts';
import { type View, viewOf } from '../../../src/testing/view.ts';
import { type Hook, isPeer, type StoredSecret, type World } from '../../../src/testing/world.ts';
import { call, type Surroundings } from '../../pgbouncer/charm/tool-calls.ts';
import { Differs, differs, short } from './differs.ts';
import { withRelationsListed } from './explain.ts';
import { withRecordersNews } from './gone-secrets.ts';
import type { Version } from './history.ts';
import type { Model } from './model.ts';
import type { RecordedCall, RecordedHook } from './recording.ts';
import { surroundingsOf, withGoals } from './surroundings.ts';
import { applicationOf, isLeaderEvent, leaderAnswer, type Placed, relationOf } from './timeline.ts';

const silent = new Set([
  'application-version-set',
  'open-port',
  'close-port',
  'action-log',
  'action-set',
]);

export function replay(model: Model, placed: Placed, hook: Hook): void {
  const { hook: recorded, place } = placed;
  leadership(model, placed);
  const seen = withReads(model, placed, hook);
  const view = withGoals(
    model,
    placed,
    viewOf(withSecrets(model, placed, seen), recorded.unit, hook),
  );
  const tools = new HookTools(view);
  const around = surroundingsOf(model, placed, view);
  recorded.calls.forEach((one, number) => {
    if (!silent.has(one.tool)) compare(tools, around, one, number);
  });
  commit(model, placed, hook, tools, view);
  const agent = model.agent(recorded.unit);
  agent.before = agent.last;
  agent.last = place;
}

function compare(tools: HookTools, around: Surroundings, one: RecordedCall, number: number): void {
  const line = `call ${number}, ${one.tool} ${short(one.argv.join(' '))}`;
  let [exit, out, error] = [0, '', ''];
  try {
    out = call(tools, around, one.tool, one.argv, one.stdin ?? '');
  } catch (refusal) {
    if (!(refusal instanceof ToolError)) throw refusal;
    [exit, error] = [refusal.exitCode, `${refusal.message}\n`];
  }
  if (exit !== one.exit)
    throw differs(`${line}: exit code`, `${exit} ${error}`, `${one.exit} ${one.stderr}`);
  if (error !== one.stderr) throw differs(`${line}: standard error`, error, one.stderr);
  if (out !== one.stdout) throw differs(line, apart(out, one.stdout), apart(one.stdout, out));
}

/** From where on two texts differ. */
function apart(text: string, other: string): string {
  let at = 0;
  while (at < text.length && text[at] === other[at]) at += 1;
  return at < 100 ? text : `…${text.slice(at - 60)}`;
}

/** What a hook heard of leadership may come before or after it was told. */
function leadership(model: Model, placed: Placed): void {
  const { hook: recorded } = placed;
  const answer = leaderAnswer(recorded);
  if (answer === null || answer === model.leads(recorded.unit)) return;
  if (!answer) {
    model.lead(placed, false);
    return;
  }
  const next = model.timeline
    .of(recorded.unit, placed.place)
    .find(({ hook }) => isLeaderEvent(hook));
  if (recorded.hook !== 'leader-elected' && next?.hook.hook !== 'leader-elected') return;
  model.lead(placed, true);
}

const argsOf = ({ argv }: RecordedCall) => {
  const rest = argv.filter((arg) => !/^--(format=json|app|refresh|peek)$/.test(arg));
  const at = rest.indexOf('-r');
  const id = Number(/(\d+)$/.exec(rest[at + 1] ?? '')?.[1] ?? Number.NaN);
  return { id, rest: at < 0 ? rest : [...rest.slice(0, at), ...rest.slice(at + 2)] };
};

/** The world with those versions of databags that the hook has read, as far as it may have read them. */
function withReads(model: Model, placed: Placed, hook: Hook): World {
  const { hook: recorded, place } = placed;
  const { unit: name } = recorded;
  const agent = model.agent(name);
  if (/-(joined|changed)$/.test(hook.name) && hook.remoteUnit !== undefined)
    agent.held.delete(`${hook.relation}|${hook.remoteUnit}`);
  let world = withRelationsListed(model, placed, hook);
  const isDone = new Set<string>();
  for (const one of recorded.calls) {
    const { id, rest } = argsOf(one);
    if (one.tool === 'relation-set')
      isDone.add(`${id}|${one.argv.includes('--app') ? applicationOf(name) : name}`);
    const [what, who = ''] = rest;
    const key = `${id}|${who}`;
    if (one.tool !== 'relation-get' || one.exit !== 0 || what !== '-' || isDone.has(key)) continue;
    isDone.add(key);
    if (world.relations[id] === undefined) continue;
    const read = parsed(one.stdout);
    if (read === null) continue;
    const history = model.history(id, who);
    if (who.includes('/')) history.learnAddress(read);
    const held = agent.held.get(key);
    const isAbout =
      hook.relation === id &&
      hook.name.endsWith('-changed') &&
      who === (hook.remoteUnit ?? hook.remoteApplication);
    const floor = Math.max(
      isAbout && model.target !== null ? history.versions.indexOf(model.target) : 0,
      history.versions.indexOf(agent.read.get(key) ?? history.at(0)),
      history.versions.indexOf(agent.announced.get(key) ?? history.at(0)),
    );
    const [oldest, newest] = history.range(agent.last, place, name);
    const from = Math.max(oldest, floor);
    let version = held ?? null;
    if (version === null) {
      const at = history.find(read, [from, newest]);
      if (at >= 0) version = history.at(at);
      else if (!history.isKnown && mayBeNew(model, placed, id, who, read, from))
        version = history.at(history.insert(read, from, Math.max(from, newest), place));
      else version = history.at(newest);
    }
    agent.read.set(key, version);
    heardOf(model, placed, id, who, version);
    if (who.includes('/') && world.units[name]?.told[id]?.units[who] !== undefined)
      agent.held.set(key, version);
    world = withBag(world, name, id, who, version.bag);
  }
  return world;
}

/** Who sees something new in an application's databag is told of it before all is quiet again. */
function heardOf(model: Model, placed: Placed, id: number, who: string, version: Version): void {
  const { unit: name } = placed.hook;
  const { versions } = model.history(id, who);
  const { announced, heard } = model.agent(name);
  const told = heard.get(`${id}|${who}`) ?? announced.get(`${id}|${who}`);
  const isMember = model.world.units[name]?.told[id] !== undefined;
  if (who.includes('/') || told === undefined || !isMember) return;
  if (versions.indexOf(version) <= versions.indexOf(told)) return;
  const rest = [placed, ...model.timeline.of(name, placed.place)].filter(
    ({ place }) => place <= placed.quiet,
  );
  const ends = (hook: RecordedHook) =>
    hook.exit !== 'exit status 0' ||
    hook.commit?.error != null ||
    /-(departed|broken)$|^stop$/.test(hook.hook);
  const isTold = ({ hook }: Placed) =>
    hook.hook.endsWith('-changed') &&
    relationOf(hook) === id &&
    hook.environment.JUJU_REMOTE_UNIT === '';
  if (!rest.some((one) => isTold(one) || ends(one.hook)))
    throw new Differs(`it sees something new in the databag of ${who}, and is never told of it`);
}

function parsed(text: string): Databag | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Databag) : null;
  } catch {
    return null;
  }
}

/** Whether somebody unseen may have written this: whoever sees something new is told of it, too. */
function mayBeNew(
  model: Model,
  placed: Placed,
  id: number,
  who: string,
  read: Databag,
  floor: number,
): boolean {
  const history = model.history(id, who);
  const { place, quiet, hook } = placed;
  const isOfIt = (one: Placed) => {
    const { environment, hook: name } = one.hook;
    const about = environment.JUJU_REMOTE_UNIT || environment.JUJU_REMOTE_APP;
    return (
      about === who &&
      /-(changed|joined)$/.test(name) &&
      environment.JUJU_RELATION_ID?.endsWith(`:${id}`) === true
    );
  };
  const here = model.timeline.hooks.slice(place, place + 1);
  const told = [...here, ...model.timeline.of(hook.unit, place)].some(
    (one) => one.place <= quiet && isOfIt(one),
  );
  const text = JSON.stringify(read);
  const isFirst = history.versions.length === 1 && floor <= 0;
  if (!told && !(isFirst && text === '{}')) {
    // A unit that never joined holds nothing: what it reads is what is there.
    const isMember = model.world.units[hook.unit]?.told[id]?.units[who] !== undefined;
    return who.includes('/') && !isMember;
  }
  // What an agent holds of a unit may be older than what is there.
  if (who.includes('/')) return true;
  const [next] = model.timeline.calls(place, (one) => {
    const { id: other, rest } = argsOf(one);
    return (
      one.tool === 'relation-get' &&
      one.exit === 0 &&
      other === id &&
      rest[0] === '-' &&
      rest[1] === who
    );
  });
  if (next === undefined) return true;
  const after = parsed(next.call.stdout);
  const known = history.find(after ?? {}, [0, history.versions.length - 1]);
  const again = known >= 0 && history.versions.length > 1 && JSON.stringify(after) !== text;
  const toldAgain = model.timeline.hooks.slice(place + 1, next.placed.place + 1).some(isOfIt);
  return !again || toldAgain;
}

function withBag(world: World, name: string, id: number, who: string, bag: Databag): World {
  const relation = world.relations[id];
  const unit = world.units[name];
  if (relation === undefined || unit === undefined) return world;
  const told = unit.told[id];
  const isUnits = who.includes('/');
  const next = {
    ...world,
    relations: {
      ...world.relations,
      [id]: isUnits
        ? { ...relation, units: { ...relation.units, [who]: bag } }
        : { ...relation, applications: { ...relation.applications, [who]: bag } },
    },
  };
  if (!isUnits || told?.units[who] === undefined) return next;
  return withUnit(next, name, {
    ...unit,
    told: { ...unit.told, [id]: { ...told, units: { ...told.units, [who]: bag } } },
  });
}

const isOpen = (value: string | undefined): boolean => value?.startsWith('\0') === true;

const isLike = (content: Databag, read: Databag): boolean =>
  Object.keys(content).sort().join() === Object.keys(read).sort().join() &&
  Object.entries(content).every(([key, value]) => isOpen(value) || value === read[key]);

/** The world with those contents of secrets that the hook has read; nobody saw them written. */
function withSecrets(model: Model, placed: Placed, seen: World): World {
  const { hook: recorded } = placed;
  const { unit: name } = recorded;
  const secrets: Record<string, StoredSecret> = { ...model.world.secrets };
  const shown: Record<string, StoredSecret> = { ...secrets };
  const written = new Set<string>();
  for (const one of recorded.calls) {
    const { rest } = argsOf(one);
    const [given] = rest;
    if (one.tool === 'secret-set' || one.tool === 'secret-add') {
      written.add(shortId(one.tool === 'secret-set' ? (given ?? '') : one.stdout.trim()));
      continue;
    }
    if (one.tool !== 'secret-get' || one.exit !== 0 || given === undefined) continue;
    const label = rest.includes('--label') ? rest[rest.indexOf('--label') + 1] : undefined;
    const id = given.startsWith('secret:')
      ? (Object.keys(secrets).find((known) => shortId(known) === shortId(given)) ?? given)
      : Object.keys(secrets).find(
          (known) => secrets[known]?.names?.[name] === label || secrets[known]?.label === label,
        );
    const read = parsed(one.stdout);
    if (id === undefined || read === null || written.has(shortId(id))) continue;
    const secret = secrets[id];
    if (secret === undefined) {
      const found = hidden(model, name, id, read);
      if (found === null) continue;
      secrets[id] = found;
      shown[id] = found;
      continue;
    }
    const isUnseen = !model.timeline.applications.has(applicationOf(secret.owner));
    const isNewest = one.argv.includes('--refresh') || one.argv.includes('--peek');
    const times = model.revisions.get(id) ?? [];
    const certain = Math.max(
      1,
      times.findLastIndex(({ sure }) => sure <= model.agent(name).last) + 1,
      secret.tracked[name] ?? 1,
    );
    const tracked = secret.tracked[name];
    const range =
      isNewest || tracked === undefined ? [certain, secret.revisions.length] : [tracked, tracked];
    let revision = secret.revisions.length;
    for (let at = range[0] ?? 1; at <= (range[1] ?? 1); at++) {
      const content = secret.revisions[at - 1] ?? {};
      const isNew = Object.values(content).some(isOpen);
      // A revision is not what the one before it was.
      if (
        !isLike(content, read) ||
        (isNew && JSON.stringify(secret.revisions[at - 2]) === JSON.stringify(read))
      )
        continue;
      revision = at;
      if (isNew) secrets[id] = { ...secret, revisions: secret.revisions.with(at - 1, read) };
      break;
    }
    const last = secrets[id]?.revisions.at(-1);
    if (
      isUnseen &&
      isNewest &&
      JSON.stringify(last) !== JSON.stringify(read) &&
      model.heard(name, id)
    ) {
      secrets[id] = { ...secret, revisions: [...secret.revisions, read] };
      revision = secret.revisions.length + 1;
    }
    const now = secrets[id] as StoredSecret;
    shown[id] =
      isNewest || tracked === undefined
        ? { ...now, revisions: now.revisions.slice(0, revision) }
        : now;
  }
  model.world = { ...model.world, secrets };
  return { ...seen, secrets: { ...seen.secrets, ...shown } };
}

/** A secret of somebody unseen, granted over the relation in whose databag it stands. */
function hidden(model: Model, name: string, id: string, content: Databag): StoredSecret | null {
  const application = applicationOf(name);
  for (const [key, relation] of Object.entries(model.world.relations)) {
    const remote = relation.provider === application ? relation.requirer : relation.provider;
    if (isPeer(relation) || model.timeline.applications.has(remote)) continue;
    if (model.world.units[name]?.told[key] === undefined && relation.life !== 'alive') continue;
    const versions = model.history(Number(key), remote).versions;
    if (
      versions.some(({ bag }) =>
        Object.values(bag).some(
          (value) => value.startsWith('secret:') && shortId(value) === shortId(id),
        ),
      )
    )
      return {
        owner: remote,
        label: null,
        revisions: [content],
        grants: [Number(key)],
        tracked: {},
      };
  }
  return null;
}

const passing = /try again|too quickly|lost|timed? ?out|connection|refused by the test|retry/i;

function commit(model: Model, placed: Placed, hook: Hook, tools: HookTools, view: View): void {
  const { hook: recorded, place } = placed;
  const { unit: name } = recorded;
  const { commit: asked } = recorded;
  if (recorded.exit !== 'exit status 0') {
    model.world = failedAt(model.world, name, hook, null);
    return;
  }
  let pending: Pending | null = null;
  let refusal: string | null = null;
  try {
    pending = tools.flush();
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    refusal = error.message.replace(/^ERROR /, '');
  }
  const error = asked?.error ?? null;
  if (refusal !== error && !(refusal === null && passing.test(error ?? '')))
    throw differs('the commit', refusal ?? 'no error', error ?? 'no error');
  const changes = JSON.stringify(asked?.changes ?? []);
  const asks = JSON.stringify([...new Set(tools.asks())]);
  if (asks !== changes) throw differs('what the commit asks for', asks, changes);
  if (pending === null || error !== null) {
    model.world = failedAt(model.world, name, hook, tools.kept());
    return;
  }
  const before = model.world;
  const merged = withConcurrent(pending, view, before, name);
  const written = withRecordersNews(before, flushed(before, name, merged));
  model.world = delivered(written, name, hook);
  const sure = model.timeline.sureOf(placed);
  for (const [id, bags] of Object.entries(pending.bags))
    for (const [who, bag] of Object.entries(bags))
      model.history(Number(id), who).write(bag, place, sure, name);
  for (const [id, { revisions }] of Object.entries(model.world.secrets)) {
    const times = model.revisions.get(id) ?? [];
    while (times.length < revisions.length) times.push({ from: place, sure });
    model.revisions.set(id, times);
  }
  model.told(placed, hook);
  if (hook.name.endsWith('-departed')) model.parting.add(`${name}|${hook.relation}`);
  if (hook.name === 'leader-elected') model.wasElected(name);
  if (hook.name === 'remove') model.gone.add(name);
}

/** Secrets as they are now, with what the hook has changed of them. */
function withConcurrent(pending: Pending, view: View, world: World, name: string): Pending {
  const secrets = Object.entries(pending.secrets).flatMap(
    ([id, secret]): [string, StoredSecret][] => {
      const was = view.secrets[id];
      const now = world.secrets[id];
      if (was === secret) return [];
      if (was === undefined || now === undefined) return was === undefined ? [[id, secret]] : [];
      const added = secret.revisions.slice(was.revisions.length);
      return [
        [
          id,
          {
            ...now,
            grants: was.grants === secret.grants ? now.grants : secret.grants,
            revisions: [...now.revisions, ...added],
            tracked: { ...now.tracked, [name]: secret.tracked[name] ?? now.tracked[name] ?? 1 },
            ...(secret.names === undefined ? {} : { names: { ...now.names, ...secret.names } }),
            ...(secret.pruned === undefined ? {} : { pruned: secret.pruned }),
          },
        ],
      ];
    },
  );
  return { ...pending, secrets: Object.fromEntries(secrets) };
}
