import assert from 'node:assert/strict';
import * as E from 'fp-ts/lib/Either.js';
import type { Bag, Changes, Databag, Juju, JujuAttempt } from '../../juju/index.ts';
import { shortId } from '../secret-names.ts';
import { type ConformanceCase, cases, done, refused } from './case.ts';

/** An adapter of Juju's port, over a model in which two units lead and follow and one application asks. */
export interface JujuSubject {
  readonly leader: string;
  readonly follower: string;
  /** The endpoint of the relation. */
  readonly endpoint: string;
  /** A relation that lives, whose other application has written `request`. */
  readonly relation: number;
  readonly request: Databag;
  /** Runs one hook of a unit: what it commits is in force when this is done. */
  readonly hook: <Result>(unit: string, body: (model: Juju) => Promise<Result>) => Promise<Result>;
}

/**
 * What every adapter of it holds to; the access rules are Juju's.
 *
 * @category Conformance
 *
 * @example
 * ```ts
 * import { jujuConformance } from 'hookchart/testing';
 *
 * // In a suite of yours: for (const { name, run } of jujuConformance(make)) it(name, run);
 * const cases = jujuConformance(async () => {
 *   throw new Error('make a Juju of yours here');
 * });
 * console.log(cases.length > 10);
 * // true
 * ```
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a list of cases, each short.
export const jujuConformance = (make: () => Promise<JujuSubject>): readonly ConformanceCase[] =>
  cases(make, {
    'knows who it is, who leads, who else is there and who is planned': async (subject) => {
      const { leader, follower, hook } = subject;
      for (const [unit, other] of [
        [leader, follower],
        [follower, leader],
      ] as const)
        await hook(unit, async (model) => {
          assert.equal(model.unit, unit);
          assert.equal(await done(model.leader), unit === leader);
          assert.ok((await done(model.peers)).includes(other), `${unit} does not see ${other}`);
          assert.ok(!(await done(model.peers)).includes(unit), 'a unit is no peer of its own');
          const planned = await done(model.plannedUnits);
          assert.deepEqual([planned.includes(unit), planned.includes(other)], [true, true]);
        });
    },
    'bears the same owner mark on all units': async ({ leader, follower, hook }) => {
      const mark = (unit: string) => hook(unit, async (model) => model.owner);
      assert.equal(await mark(leader), await mark(follower));
    },
    'lists the relation and shows the request to everyone': async (subject) => {
      const { leader, follower, endpoint, relation, request, hook } = subject;
      for (const unit of [leader, follower])
        await hook(unit, async (model) => {
          assert.ok((await done(model.relations(endpoint))).includes(relation));
          assert.deepEqual(await read(model, { _tag: 'RemoteApp', relation }), request);
        });
    },
    'names the units of the other application, and shows what each says': async (subject) => {
      const { leader, follower, relation, hook } = subject;
      for (const unit of [leader, follower])
        await hook(unit, async (model) => {
          const units = await done(model.remoteUnits(relation));
          assert.ok(units.length > 0 && units.every((name) => name.includes('/')), `${units}`);
          for (const name of units) await read(model, { _tag: 'RemoteUnit', relation, unit: name });
          const unknown: Bag = { _tag: 'RemoteUnit', relation, unit: `${units[0]}000` };
          await refused(alone(model, unknown), 'ModelRefused', 'broken');
          await refused(model.remoteUnits(999_999), 'ModelRefused', 'broken');
        });
    },
    'shows its own application databag to the leader alone': async (subject) => {
      const { leader, follower, relation, hook } = subject;
      const bag: Bag = { _tag: 'OwnApp', relation };
      assert.deepEqual(await hook(leader, (model) => read(model, bag)), {});
      await hook(follower, (model) => refused(alone(model, bag), 'ModelRefused', 'broken'));
    },
    'has each unit say something in a relation for itself': async (subject) => {
      const { leader, follower, relation, hook } = subject;
      const bag: Bag = { _tag: 'OwnUnit', relation, unit: follower };
      await hook(follower, (model) => done(model.commit(writing(bag, { own: 'yes' }))));
      assert.equal((await hook(follower, (model) => read(model, bag))).own, 'yes');
      await hook(leader, (model) => refused(alone(model, bag), 'ModelRefused', 'broken'));
    },
    'refuses a relation that is not there': ({ leader, hook }) =>
      hook(leader, (model) =>
        refused(alone(model, { _tag: 'OwnApp', relation: 999_999 }), 'ModelRefused', 'broken'),
      ),
    'reads the others where one is refused': ({ leader, relation, request, hook }) =>
      hook(leader, async (model) => {
        const [missing, found] = await model.read([
          { _tag: 'RemoteApp', relation: 999_999 },
          { _tag: 'RemoteApp', relation },
        ])();
        assert.equal(missing?._tag, 'Left');
        assert.deepEqual(found, E.right(request));
      }),
    'gives databags in the order asked for': async ({ leader, relation, request, hook }) => {
      await hook(leader, (model) => done(model.commit(writing({ _tag: 'PeerApp' }, { a: '1' }))));
      await hook(leader, async (model) => {
        const both = await model.read([{ _tag: 'PeerApp' }, { _tag: 'RemoteApp', relation }])();
        assert.deepEqual(both, [E.right({ a: '1' }), E.right(request)]);
      });
    },
    'merges what is written, and deletes by the empty value': async (subject) => {
      const { leader, relation, hook } = subject;
      const bag: Bag = { _tag: 'OwnApp', relation };
      const write = (values: Databag) =>
        hook(leader, (model) => done(model.commit(writing(bag, values))));
      await write({ a: '1', b: '2' });
      await write({ a: '', c: '3' });
      assert.deepEqual(await hook(leader, (model) => read(model, bag)), { b: '2', c: '3' });
    },
    'shows the peer application databag to everyone': async ({ leader, follower, hook }) => {
      const bag: Bag = { _tag: 'PeerApp' };
      await hook(leader, (model) => done(model.commit(writing(bag, { shared: 'yes' }))));
      assert.equal((await hook(follower, (model) => read(model, bag))).shared, 'yes');
    },
    'commits all of it or nothing': async ({ follower, hook }) => {
      const own: Bag = { _tag: 'PeerUnit', unit: follower };
      const changes: Changes = {
        ...writing(own, { mine: 'yes' }),
        bags: [
          { bag: own, values: { mine: 'yes' } },
          { bag: { _tag: 'PeerApp' }, values: { theirs: 'no' } },
        ],
        state: { kept: 'no' },
      };
      await hook(follower, (model) =>
        refused(model.commit(changes), 'ModelRefused', 'broken'),
      ).catch(rethrowAssertion);
      await hook(follower, async (model) => {
        assert.equal((await read(model, own)).mine, undefined);
        assert.equal((await done(model.state)).kept, undefined);
      });
    },
    'keeps the state of each unit, for that unit': async ({ leader, follower, hook }) => {
      const changes = { ...writing({ _tag: 'PeerApp' }, {}), bags: [], state: { kept: 'yes' } };
      await hook(leader, (model) => done(model.commit(changes)));
      assert.equal((await hook(leader, (model) => done(model.state))).kept, 'yes');
      assert.equal((await hook(follower, (model) => done(model.state))).kept, undefined);
    },
    'keeps secrets of the application: the leader writes, its units read': async (subject) => {
      const { leader, follower, relation, hook } = subject;
      const content = { username: 'u', password: 'p' };
      const id = await hook(leader, async (model) => {
        if (model.secrets === null) return null;
        const made = await done(
          model.secrets.make('conformance.secret', { password: 'other' }, []),
        );
        await done(model.secrets.replace(made, content));
        for (const _ of [1, 2]) await done(model.secrets.grant(made, relation));
        assert.deepEqual(await done(model.secrets.read(made)), content);
        await done(model.commit(writing({ _tag: 'PeerApp' }, { made })));
        return made;
      });
      if (id === null) return;
      const store = ({ secrets }: Juju) => secrets ?? assert.fail('there were secrets before');
      await hook(follower, async (model) => {
        assert.deepEqual(await done(store(model).read(id)), content);
        const mine = store(model).make('conformance.other', content, []);
        await refused(mine, 'ModelRefused', 'broken');
        await done(model.commit({ ...writing({ _tag: 'PeerApp' }, {}), bags: [] }));
      });
      await hook(leader, async (model) => {
        const again = await done(store(model).make('conformance.secret', { password: 'q' }, []));
        // An id has several forms.
        assert.equal(shortId(again), shortId(id));
        for (const _ of [1, 2]) await done(store(model).remove(id));
        await done(model.commit(writing({ _tag: 'PeerApp' }, { made: '' })));
      });
      await hook(leader, async (model) => {
        await refused(store(model).read(id), 'SecretUnreadable', 'unavailable');
        await done(model.commit({ ...writing({ _tag: 'PeerApp' }, {}), bags: [] }));
      });
    },
    'names the secrets that are not on record, by their labels': async (subject) => {
      const { leader, hook } = subject;
      const ids = await hook(leader, async ({ secrets, commit }) => {
        if (secrets === null) return null;
        const made: string[] = [];
        for (const label of ['conformance.kept', 'conformance.left'])
          made.push(await done(secrets.make(label, { password: 'p' }, made)));
        await done(commit({ ...writing({ _tag: 'PeerApp' }, {}), bags: [] }));
        return made;
      });
      if (ids === null) return;
      const [kept = '', left = ''] = ids;
      await hook(leader, async ({ secrets, commit }) => {
        const store = secrets ?? assert.fail('there were secrets before');
        const named = (await done(store.strays([kept]))).map(({ id, label }) => [
          shortId(id),
          label,
        ]);
        assert.deepEqual(named, [[shortId(left), 'conformance.left']]);
        for (const id of ids) await done(store.remove(id));
        await done(commit({ ...writing({ _tag: 'PeerApp' }, {}), bags: [] }));
      });
    },
  });

const read = (model: Juju, bag: Bag): Promise<Databag> => done(alone(model, bag));

const alone =
  (model: Juju, bag: Bag): JujuAttempt<Databag> =>
  async () => {
    const [found = E.right({})] = await model.read([bag])();
    return found;
  };

const writing = (bag: Bag, values: Databag): Changes => ({
  bags: [{ bag, values }],
  state: {},
  status: { name: 'active', message: '' },
});

/** A hook that fails may reject; what the suite itself found must not be lost in that. */
function rethrowAssertion(error: unknown): void {
  if (error instanceof assert.AssertionError) throw error;
}
