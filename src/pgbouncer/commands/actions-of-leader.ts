/** Actions that change something, which only the leader can. */
import * as E from 'fp-ts/lib/Either.js';
import type { PgbouncerWords } from '../../../machines/index.ts';
import { type ActionResults, type ActionWorld, refuseAction } from '../../process/action.ts';
import { type HookError, render } from '../errors.ts';
import { grantOf } from '../relation/grant.ts';
import type { ChartEnd, DispatchRun } from '../run.ts';
import type { Session } from './session.ts';

type PgbouncerActionWorld = ActionWorld<PgbouncerWords, Session, HookError>;

/** What is to be done for an application that hears of nothing. */
const deaf =
  'its application speaks version 0 of the interface, whose library reads a secret once and raises no event for a new password';

/**
 * Replaces a relation's password. Whoever speaks version 1 of the interface hears of it by a new
 * revision of its secret; for others an operator has to say that they are to be cut off by it.
 */
export async function rotatePassword(
  { ports, hook }: PgbouncerActionWorld,
  { relation, force = false }: { readonly relation: number; readonly force?: boolean },
): Promise<ActionResults> {
  const grant = grantOf(ports.ledger().records.get(relation));
  if (grant?.state !== 'published' || !(await ports.relations()).has(relation))
    return refuseAction(
      `relation ${relation} has no password that is published: show-relations says what each has`,
    );
  await readied(ports);
  const request = (await ports.requests([relation])).get(relation);
  const hears = request !== undefined && E.isRight(request) && request.right.reply._tag === 'V1';
  if (!hears && !force)
    return refuseAction(
      `nobody would hear of it: ${deaf}; say force=true, and have the application read its credentials anew after it`,
    );
  const run = await hook({ hook: 'actions/rotate-password', relation });
  const ended = run.charts.find((chart) => chart.hook === 'database-password-renewed');
  const why = ended === undefined ? 'another unit leads by now' : whyOf(ended.end);
  // From there on the new one is kept, and a later hook does what is left.
  const isRenewed = ended?.path.includes('update_pg') === true;
  if (why !== null && !isRenewed)
    return refuseAction(`the password of relation ${relation}: ${why}`);
  return {
    relation,
    user: grant.user,
    hears: hears ? 'the application: its secret has a new revision' : `nobody: ${deaf}`,
    next:
      why !== null
        ? `it is replaced, and a later hook does what is left: ${why}`
        : hears
          ? 'sessions go on; units that follow take the new password in their next hooks'
          : 'sessions go on; new ones take the new password: have the application read it anew, or relate it anew',
  };
}

/** Tries again to remove what no relation needs, and says what is gone and what stays, and why. */
export async function removeLeftovers({
  ports,
  hook,
}: PgbouncerActionWorld): Promise<ActionResults> {
  await readied(ports);
  const { records } = ports.ledger();
  const users = new Map([...records].map(([relation, one]) => [relation, grantOf(one)?.user]));
  const tried = removalsIn(await hook({ hook: 'update-status' })).map(({ event, end }) => {
    const { relation = -1 } = event;
    const user = event.user ?? users.get(relation) ?? '';
    return { relation, user, why: whyOf(end) };
  });
  return {
    removed: tried.flatMap(({ why, ...one }) => (why === null ? [one] : [])),
    left: tried.filter(({ why }) => why !== null),
  };
}

const removals: ReadonlySet<string> = new Set(['removal-begun', 'role-strayed']);

const removalsIn = ({ charts, reconciled }: DispatchRun) =>
  [...charts, ...reconciled].filter(({ hook }) => removals.has(hook));

/** Refuses where PostgreSQL can be given nothing to do. */
async function readied(session: Session): Promise<void> {
  if (await session.backendReady()) return;
  const why = await session.backendTrouble();
  refuseAction(why === null ? 'there is no backend database' : render(why));
}

/** What has kept a chart from its end; null where nothing has. */
function whyOf(end: ChartEnd): string | null {
  if (end._tag === 'Returned') return null;
  return 'why' in end && end.why !== null ? render(end.why) : 'it is not done';
}
