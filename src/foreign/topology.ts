/** Who is there when a life of a foreign charm begins. */
import type { Topology } from '../testing/index.ts';
import type { Description } from './description.ts';
import { type OtherSide, ownCharmOf } from './other-side.ts';

/** Up to three units, two applications where the charm provides something and one where it requires it. */
export function topologyOf(
  { name: own, endpoints }: Description,
  others: Readonly<Record<string, OtherSide>>,
  seed: number,
): Topology {
  const requirers = endpoints.flatMap(({ name, role }) => {
    const requests = others[name]?.requests ?? [{}];
    const isFree = (application: string) => application !== own;
    const names = role === 'provides' ? [`${name}-one`, `${name}-two`] : [`${name}-one`];
    return names.filter(isFree).map((application, at) => {
      const request = requests[(seed + at) % requests.length] ?? {};
      const own = ownCharmOf(others[name]?.charm);
      const one = { units: 1, request, endpoint: name, options: { endpoint: name }, ...own };
      return [application.toLowerCase().replace(/[^a-z0-9-]/g, '-'), one] as const;
    });
  });
  return {
    units: [2, 2, 1, 3][seed % 4] ?? 2,
    hasSecrets: true,
    requirers: Object.fromEntries(requirers),
  };
}
