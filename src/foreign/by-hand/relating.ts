/** Which ends of two charms can be related, by the words that operators have for them. */
import { isPeer, type Relation, type World } from '../../testing/index.ts';
import type { Description } from '../description.ts';

/** An application, and its endpoint where one is named. */
export interface Named {
  readonly application: string;
  readonly endpoint: string | null;
}

/** One end of a relation that could be made. */
interface End {
  readonly application: string;
  readonly endpoint: string;
}

/** A relation that could be made, or that there is. */
export interface Pair {
  readonly provider: End;
  readonly requirer: End;
  readonly interface: string;
}

/** How an application calls its end of a relation. */
export const endpointIn = (
  { endpoint, requirerEndpoint, provider }: Relation,
  application: string,
): string => (application === provider ? endpoint : (requirerEndpoint ?? endpoint));

/** All relations that two names may mean, whichever of them provides. */
export function pairsOf(
  charmOf: (application: string) => Description,
  one: Named,
  other: Named,
): readonly Pair[] {
  return [
    ...pairs(charmOf, one, other),
    ...(one.application === other.application ? [] : pairs(charmOf, other, one)),
  ];
}

function pairs(
  charmOf: (application: string) => Description,
  provider: Named,
  requirer: Named,
): readonly Pair[] {
  const ends = ({ application, endpoint }: Named, role: 'provides' | 'requires') =>
    charmOf(application).endpoints.filter(
      (one) => one.role === role && (endpoint === null || one.name === endpoint),
    );
  return ends(provider, 'provides').flatMap((given) =>
    ends(requirer, 'requires')
      .filter((taken) => taken.interface === given.interface)
      .map((taken) => ({
        provider: { application: provider.application, endpoint: given.name },
        requirer: { application: requirer.application, endpoint: taken.name },
        interface: given.interface,
      })),
  );
}

/** The number of the relation between two ends, where there is one that lives. */
export function relationBetween(world: World, { provider, requirer }: Pair): number | null {
  const found = Object.entries(world.relations).find(
    ([, relation]) =>
      !isPeer(relation) &&
      relation.life !== 'dying' &&
      relation.provider === provider.application &&
      relation.endpoint === provider.endpoint &&
      relation.requirer === requirer.application &&
      endpointIn(relation, requirer.application) === requirer.endpoint,
  );
  return found === undefined ? null : Number(found[0]);
}
