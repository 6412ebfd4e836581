/** One client of PostgreSQL's protocol, for PostgreSQL and for PgBouncer's console. */
export type { Destination, Tls } from './destination.ts';
export { offeredCertificate } from './offered-certificate.ts';
export { WireProblem, type WireProblemKind } from './problem.ts';
export { connect, type Row, type Session } from './session.ts';
