/** All attacks by name, and which of them are run where. */
import type { Attack, Instance } from '../attack.ts';
import { databag } from './databag.ts';
import { direct } from './direct.ts';
import { halfway } from './halfway.ts';
import { leaving } from './leaving.ts';
import { made } from './made.ts';
import { names } from './names.ts';
import { operated } from './operated.ts';
import { planted } from './planted.ts';
import { pooler } from './pooler.ts';
import { renewed } from './renewed.ts';
import { settings } from './settings.ts';
import { stuck } from './stuck.ts';

const attacks: readonly Attack[] = [
  ...databag,
  ...pooler,
  ...direct,
  ...operated,
  ...halfway,
  ...leaving,
  ...stuck,
  ...made,
  ...names,
  ...renewed,
  ...settings,
];

/** The PostgreSQL that is run, as the folder that is named says; the newest where none is. */
const major = Number(/postgres-(\d+)/.exec(process.env.HOOKCHART_POSTGRES ?? '')?.[1] ?? 18);

export interface Choice {
  readonly isSuperuserOnly: boolean;
  readonly only?: readonly string[];
  readonly sample?: number;
  readonly seed: number;
  readonly isPlanted: boolean;
  /** Those alone against which the charm does not hold yet. */
  readonly isOpen: boolean;
}

export function instancesOf({
  isSuperuserOnly,
  only,
  sample,
  seed,
  isPlanted,
  isOpen,
}: Choice): Instance[] {
  const source = isPlanted ? planted : attacks;
  const fitting = source.filter(
    ({ versions: [from, to] = [0, 99] }) => major >= from && major <= to,
  );
  const all = fitting.flatMap((attack): Instance[] =>
    isSuperuserOnly
      ? attack.setting === undefined
        ? [{ attack, setting: 'superuser', name: attack.name }]
        : []
      : [
          { attack, setting: attack.setting ?? 'plain', name: attack.name },
          ...(attack.asSuperuserToo
            ? [
                {
                  attack,
                  setting: 'superuser',
                  name: `${attack.name}--charm-has-a-superuser`,
                } as const,
              ]
            : []),
        ],
  );
  const chosen =
    only === undefined || only.length === 0
      ? all.filter(({ attack }) => (attack.isOpen === true) === isOpen)
      : all.filter(({ name }) => only.some((one) => name === one || name.startsWith(one)));
  if (sample === undefined) return chosen;
  let state = seed >>> 0;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return chosen
    .map((one) => [random(), one] as const)
    .sort(([one], [other]) => one - other)
    .slice(0, sample)
    .map(([, one]) => one);
}
