/** What clients are told of TLS, held against what they would meet. */
import { type Action, type Invariant, isHook, peerRelation, viewOf } from '../../testing/index.ts';
import { endpoints, peerKeys } from '../keys.ts';
import { MemoryIdentity } from '../memory/index.ts';
import { authoritiesIn } from '../relation/authorities.ts';
import type { CertificateFacts } from '../relation/certificate.ts';
import type { CertifiedUnit, CertifiedWorld } from './certified-outside.ts';
import { certificatesIn, requestsIn } from './certifier.ts';
import { type Life, livingRelations, namedUnits, saysTls, servedRelations } from './looking.ts';
import type { Shared } from './outside.ts';

/** What clients are told of TLS is so, and is told where it is. */
export const certificatesVerify: Invariant<Shared, CertifiedUnit> = {
  name: 'I9',
  claims:
    'Clients that are told of TLS can verify every unit that they are told of, by authorities that all serve to it.',
  always: (world) =>
    livingRelations(world).flatMap(({ id, bag }) =>
      saysTls(bag) === authoritiesOf(bag).length > 0
        ? []
        : [`relation ${id}: tls is ${bag.tls}, with ${authoritiesOf(bag).length} authorities`],
    ),
  across: (before, action, { world }) =>
    livingRelations(world).flatMap((life) =>
      isTold(before, life) ? [] : untrue(before, action, world, life),
    ),
  atRest: (world) => [
    ...servedRelations(world).flatMap((life) => wrongAtRest(world, life)),
    ...Object.keys(world.outside.units).flatMap((unit) => unfinished(world, unit)),
  ],
};

type Bag = Life['bag'];

const authoritiesOf = (bag: Bag) => authoritiesIn(bag['tls-ca'] ?? '');

/** Whether clients were told the same before. */
const isTold = (before: CertifiedWorld, { id, bag }: Life): boolean => {
  const known = livingRelations(before).find((life) => life.id === id)?.bag;
  return ['tls', 'tls-ca', 'endpoints', 'read-only-endpoints'].every(
    (key) => known?.[key] === bag[key],
  );
};

/** What a hook has told that it could know to be wrong: of its own unit, or by what the others say. */
function untrue(
  before: CertifiedWorld,
  action: Action,
  world: CertifiedWorld,
  { id, bag }: Life,
): readonly string[] {
  if (!isHook(action) || !saysTls(bag)) return [];
  const { bags = {} } = viewOf(before, action.unit, action.hook).relations[peerRelation] ?? {};
  const told = authoritiesOf(bag);
  return namedUnits(world, bag).flatMap((unit) => {
    const said = authoritiesIn(bags[unit]?.[peerKeys.authorities] ?? '');
    const isSo =
      unit === action.unit
        ? isVerified(world, unit, told)
        : said.length > 0 && said.every((one) => told.includes(one));
    return isSo ? [] : [`relation ${id} is told that ${unit} can be verified`];
  });
}

function wrongAtRest(world: CertifiedWorld, { id, bag }: Life): readonly string[] {
  const named = namedUnits(world, bag);
  const told = authoritiesOf(bag);
  if (told.length === 0)
    return named.length > 0 && named.every((unit) => shows(world, unit) !== null)
      ? [`relation ${id}: every unit has a certificate, and tls is ${bag.tls}`]
      : [];
  const by = (one: string) => named.some((unit) => isVerified(world, unit, [one]));
  return [
    ...named
      .filter((unit) => !isVerified(world, unit, told))
      .map((unit) => `relation ${id}: ${unit} cannot be verified`),
    ...told
      .filter((one) => !by(one))
      .map(() => `relation ${id} is told of an authority that verifies nobody`),
  ];
}

/** What a unit has still to do about its certificate, where all is at rest. */
function unfinished(world: CertifiedWorld, unit: string): readonly string[] {
  if (world.units[unit]?.life !== 'alive') return [];
  const { identity } = world.outside.units[unit] ?? {};
  const shown = shows(world, unit);
  const certifier = certifierOf(world);
  if (certifier === null)
    return [
      ...(shown === null ? [] : [`${unit} shows a certificate that nobody vouches for any more`]),
      ...(identity?.key == null ? [] : [`${unit} keeps its key`]),
    ];
  const [request] = requestsIn(certifier.units[unit]?.certificate_signing_requests);
  if (request === undefined) return [`${unit} asks for no certificate`];
  const given = certifier.certificates.find((one) => one.certificate_signing_request === request);
  if (given?.revoked === true) return [`${unit} asks by a request that was revoked`];
  if (given !== undefined && certificateOf(world, unit) !== given.certificate)
    return [`${unit} was given a certificate and does not show it`];
  return shown === null || shown.key === identity?.key ? [] : [`${unit} shows another key's`];
}

/** The relation with who gives certificates; null where there is none that lives. */
function certifierOf({ relations }: CertifiedWorld) {
  const found = Object.values(relations).find(
    ({ endpoint, life }) => endpoint === endpoints.certificates && life === 'alive',
  );
  if (found === undefined) return null;
  const { units, applications, requirer } = found;
  return { units, certificates: certificatesIn(applications[requirer]?.certificates) };
}

/** The certificate that clients of a unit are shown, as PEM. */
const certificateOf = ({ outside: { units } }: CertifiedWorld, unit: string): string | undefined =>
  authoritiesIn(units[unit]?.configuration.clients?.certificate ?? '')[0];

/** What it says; null where clients are shown none. */
function shows(
  world: CertifiedWorld,
  unit: string,
  authorities: readonly string[] = [],
): CertificateFacts | null {
  const pem = certificateOf(world, unit);
  return pem === undefined ? null : new MemoryIdentity(unit, []).hook().examine(pem, authorities);
}

/** Whether clients that are told of these can verify a unit by the name that they are told. */
function isVerified(world: CertifiedWorld, unit: string, authorities: readonly string[]): boolean {
  const facts = shows(world, unit, authorities);
  const [host = ''] = (world.units[unit]?.endpoint ?? '').split(':');
  const { key } = world.outside.units[unit]?.identity ?? {};
  return facts?.isIssued === true && facts.names.includes(host) && facts.key === key;
}
