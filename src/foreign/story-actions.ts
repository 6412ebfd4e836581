/** The actions of a story's file, held against what each kind of them is made of. */
import * as v from 'valibot';
import { type Action, Misuse, type Operation } from '../testing/index.ts';
import { wrongShape } from './wrong-shape.ts';

const name = v.pipe(v.string(), v.nonEmpty());
const number = v.number();
const force = v.exactOptional(v.literal(true));
const end = v.object({ application: name, endpoint: name });
const databag = v.record(v.string(), v.string());
const values = v.record(v.string(), v.unknown());
const ofApplication = { application: name };
const ofUnit = { unit: name };
const ofRelation = { relation: number };

const shapes = {
  RunHook: {
    unit: name,
    hook: v.looseObject({
      name,
      relation: v.exactOptional(number),
      remoteApplication: v.exactOptional(v.string()),
      remoteUnit: v.exactOptional(v.string()),
      departingUnit: v.exactOptional(v.string()),
      secret: v.exactOptional(v.string()),
      revision: v.exactOptional(number),
      label: v.exactOptional(v.string()),
      action: v.exactOptional(v.object({ id: v.string(), parameters: values })),
    }),
    interruption: v.exactOptional(v.looseObject({ at: number, how: v.string() })),
  },
  Deploy: {
    ...{ application: name, units: number },
    charm: v.object({ config: values, storage: v.array(v.string()), peers: v.array(v.string()) }),
  },
  Integrate: { provider: end, requirer: end },
  Relate: ofApplication,
  RemoveRelation: { ...ofRelation, force },
  Suspend: ofRelation,
  Resume: ofRelation,
  AddUnit: ofApplication,
  RemoveUnit: { ...ofUnit, force },
  RemoveApplication: ofApplication,
  Ask: { ...ofApplication, request: databag },
  LosePod: ofUnit,
  RestartAgent: ofUnit,
  ChangeConfig: { ...ofApplication, values: v.exactOptional(values) },
  Upgrade: ofApplication,
  Resolve: ofUnit,
  LoseLeader: ofApplication,
  Elect: ofUnit,
  RotateSecret: { secret: name },
  ExpireSecret: { secret: name, revision: number },
} as const satisfies Readonly<Record<Operation['_tag'] | 'RunHook', v.ObjectEntries>>;

/** What befalls a container, of which each has its own kinds. */
const outside = { unit: v.exactOptional(name) };

const tagged = v.looseObject({ _tag: name });

/** `Misuse` says which action of the story is wrong, counted from 0, and what is wrong with it. */
export function checkActions(actions: readonly unknown[]): asserts actions is readonly Action[] {
  for (const [at, action] of actions.entries()) {
    const { _tag = '' } = v.is(tagged, action) ? action : {};
    const entries = Object.entries(shapes).find(([tag]) => tag === _tag)?.[1] ?? outside;
    const parsed = v.safeParse(v.looseObject({ _tag: name, ...entries }), action);
    if (parsed.success) continue;
    const [issue] = parsed.issues;
    const path = ['actions', at, v.getDotPath(issue)].filter((part) => part !== null).join('.');
    const kind = _tag === '' ? '' : ` (${_tag})`;
    throw new Misuse(`it is no story of a soak: ${path}${kind} ${wrongShape(issue)}`);
  }
}
