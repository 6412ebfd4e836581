import { given, isRecord, vocabulary } from '../src/hook/index.ts';
import type { Context, PgbouncerWords } from './vocabulary.ts';

export const {
  /** A question of a chart, and where each answer leads. */
  ask,
  /** The entry of a node in XState's own form: the request that it makes, from what is known by then. */
  asks,
  /** A machine that says no more than its chart does; the first of its nodes is where `start` leads. */
  chart,
  /** The end at which a hook is put off: it runs again before the next one. */
  defers,
  /** The end of a hook that cannot go on. No chart draws it. */
  fails,
  /** `createMachine` of XState, for a machine of which more is to be said than its chart does. */
  hook,
  /** What a machine begins with: no event, and nothing learned. */
  nothingLearned,
  /** The edge that leads to the end `failed`, from whatever node the hook stands on. */
  onFailure,
  /** A step of a chart, and where it leads. */
  order,
  /** How a node is drawn at which the ways part: a diamond. */
  question,
  /** The end of a hook that has done its work. */
  returns,
  /** How a node is drawn that does something: a box. */
  step,
  /** How a beginning or an end is drawn: a box with round ends. */
  terminal,
} = vocabulary<PgbouncerWords>({ learned: { granted: null, audit: null } });

/** The relation that the hook is about; -1 before `start`, when no request can be carried out. */
export const relationOfContext = (context: Context): number => {
  // An event would be taken for a context in which nothing has begun.
  if (!isRecord(context?.learned))
    given('relationOfContext', 'the context', context, { learned: 'record' });
  return context.event?.relation ?? -1;
};

/** A request about that relation. */
export const about =
  <const Name extends string>(_tag: Name) =>
  (context: Context) => ({ _tag, relation: relationOfContext(context) });

/** The same, with what the relation has been given. */
export const aboutGrant =
  <const Name extends string>(_tag: Name) =>
  (context: Context) => ({
    _tag,
    relation: relationOfContext(context),
    granted: context.learned.granted,
  });
