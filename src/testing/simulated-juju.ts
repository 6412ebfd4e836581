import * as E from 'fp-ts/lib/Either.js';
import type { Bag, Juju, JujuAttempt, SecretStore } from '../juju/index.ts';
import { given } from './given.ts';
import type { HookTools } from './hook-tools.ts';
import { ToolError } from './tool-error.ts';
import { peerRelation } from './world.ts';

/**
 * Juju's port over the simulated hook tools. A commit hands everything over to Juju, which puts
 * it in force when the hook ends well.
 *
 * @category A charm to simulate
 */
export function simulatedJuju(
  tools: HookTools,
  config: Readonly<Record<string, unknown>> = {},
): Juju {
  given('simulatedJuju', 'the tools', tools, { view: 'record' });
  given('simulatedJuju', 'the view', tools.view, { hook: 'record', relations: 'record' });
  const { view } = tools;
  const { hook } = view;
  const breaking = hook.name.endsWith('-relation-broken') ? hook.relation : undefined;
  const hasPeers = view.relations[peerRelation] !== undefined;
  const hasLeft = view.hasPeers && !hasPeers;
  const address = (bag: Bag): readonly [relation: number, who: string] => {
    switch (bag._tag) {
      case 'RemoteApp':
        return [bag.relation, tools.relationListApplication(bag.relation)];
      case 'RemoteUnit':
        return [bag.relation, bag.unit];
      case 'OwnApp':
        return [bag.relation, view.application];
      case 'OwnUnit':
        return [bag.relation, bag.unit];
      case 'PeerApp':
        return [peerRelation, view.application];
      case 'PeerUnit':
        return [peerRelation, bag.unit];
    }
  };
  return {
    unit: view.unit,
    owner: `simulated/${view.application}`,
    endpoint: asked(() => view.endpoint),
    leader: asked(() => tools.isLeader()),
    plannedUnits: asked(() => tools.plannedUnits()),
    hasLeft: asked(() => hasLeft),
    peers: asked(() => (!hasPeers ? [] : tools.relationList(peerRelation))),
    config: asked(() => config),
    relations: (endpoint) =>
      asked(() => tools.relationIds(endpoint).filter((id) => id !== breaking)),
    remoteUnits: (relation) => asked(() => tools.relationList(relation)),
    read: (bags) => () =>
      Promise.all(
        bags.map((bag) =>
          asked(() => (!hasPeers && isPeers(bag) ? {} : tools.relationGet(...address(bag))))(),
        ),
      ),
    state: asked(() => tools.stateGet()),
    secrets: view.hasSecrets ? secretStore(tools) : null,
    commit: ({ bags, state, status }) =>
      asked(() => {
        const isUnits = ({ _tag }: Bag) => _tag === 'PeerUnit' || _tag === 'OwnUnit';
        // What only the leader may write comes first: where it is refused, nothing was written.
        for (const { bag, values } of bags.toSorted((one) => (isUnits(one.bag) ? 1 : -1)))
          tools.relationSet(address(bag)[0], isUnits(bag) ? 'unit' : 'application', values);
        // The port knows no key without a value, so that none is left to tell equal states apart.
        for (const key in state)
          if (state[key] === '') tools.stateDelete(key);
          else tools.stateSet({ [key]: state[key] ?? '' });
        tools.statusSet(status);
      }),
  };
}

const isPeers = (bag: Bag): boolean => bag._tag === 'PeerApp' || bag._tag === 'PeerUnit';

const secretStore = ({ secrets }: HookTools): SecretStore => ({
  read: (id) => async () => {
    try {
      return E.right(secrets.get(id, 'refresh'));
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      return E.left({ _tag: 'SecretUnreadable', class: 'unavailable', id, why: error.message });
    }
  },
  make: (label, content) =>
    asked(() => {
      const known = Object.entries(secrets.infos()).find(([, info]) => info.label === label)?.[0];
      if (known === undefined) return secrets.add('application', content, label);
      secrets.set(known, content);
      return known;
    }),
  replace: (id, content) => asked(() => secrets.set(id, content)),
  grant: (id, relation) => asked(() => secrets.grant(id, relation)),
  remove: (id) =>
    asked(() => {
      if (secrets.infos()[id] !== undefined) secrets.remove(id);
    }),
  strays: (onRecord) =>
    asked(() =>
      Object.entries(secrets.infos()).flatMap(([id, { label }]) =>
        onRecord.includes(id) ? [] : [{ id, label: label ?? '' }],
      ),
    ),
});

const asked =
  <Result>(call: () => Result): JujuAttempt<Result> =>
  async () => {
    try {
      return E.right(call());
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      const { tool, message } = error;
      return E.left({ _tag: 'ModelRefused', class: 'broken', call: tool, why: message });
    }
  };
