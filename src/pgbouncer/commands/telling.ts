/** What requirers are told of their requests beside an answer. */
import * as E from 'fp-ts/lib/Either.js';
import { type Refusal, toldOf } from '../relation/refusal.ts';
import { refusalDatabag, relievedDatabag } from '../relation/telling.ts';
import type { Session } from './session.ts';
import { attempt } from './steps.ts';

/** A databag that cannot be read, or is gone, is told nothing: the status says it to operators. */
export async function tellRefusal(
  session: Session,
  refusal: Refusal,
  isServed: boolean,
): Promise<void> {
  const { relation } = refusal;
  const told = toldOf(refusal);
  if (told === null || !(await session.relations()).has(relation)) return;
  const bags = await attempt(() =>
    Promise.all([session.juju.own(relation), session.juju.remote(relation)]),
  )();
  if (E.isLeft(bags)) return;
  const [own, remote] = bags.right;
  session.juju.write({ _tag: 'OwnApp', relation }, refusalDatabag(own, remote, told, isServed));
}

/** Takes a refusal back: the request was mended, or is no more. */
export async function relieve(session: Session, relation: number): Promise<void> {
  if (!(await session.relations()).has(relation)) return;
  const own = await attempt(() => session.juju.own(relation))();
  if (E.isRight(own)) session.juju.write({ _tag: 'OwnApp', relation }, relievedDatabag(own.right));
}
