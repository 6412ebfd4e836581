/**
 * The suite of Juju's port, for whoever writes an adapter: a list of cases, each with a name and a
 * function that rejects where the adapter does not hold to it. They know no test runner.
 */
export { type ConformanceCase, cases, done, refused } from './case.ts';
export { type JujuSubject, jujuConformance } from './juju.ts';
