import { isRecord, kindOf } from '../misuse/given.ts';
import { HookMisuse } from '../misuse/hook-misuse.ts';
import type { Answer, Words } from './words.ts';

/** A question or a command of a charm. */
export type Asked<W extends Words> = W['question'] | W['command'];

/** Those requests that bear a name: what the handler of that name is given. */
export type Named<Some extends { readonly _tag: string }, Name> = Some extends {
  readonly _tag: infer Own;
}
  ? Name extends Own
    ? Some & { readonly _tag: Name }
    : never
  : never;

/**
 * What a handler says: nothing where its command is done, yes or no, the label of another edge, or
 * an answer in full where something was found out. It fails by `halt`.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler that only does something returns nothing.
export type Reply<W extends Words = Words> = Answer<W> | string | boolean | void;

/** How each request of a charm is carried out; one that is missing does not compile. */
export type Perform<W extends Words, Ports> = {
  readonly [Name in Asked<W>['_tag']]: (
    ports: Ports,
    request: Named<Asked<W>, Name>,
  ) => Reply<W> | Promise<Reply<W>>;
};

/** Where a request stands: for errors that say so. */
export interface At {
  readonly hook: string;
  readonly node: string;
}

/** Has one request carried out by the handler of its name. */
export function performed<W extends Words, Ports>(
  perform: Perform<W, Ports>,
  ports: Ports,
  request: Asked<W>,
  at: At,
): Reply<W> | Promise<Reply<W>> {
  const { _tag: name } = request;
  const handlers = perform as unknown as Handlers<W, Ports>;
  const handler = Object.hasOwn(perform, name) ? handlers[name] : undefined;
  if (typeof handler === 'function') return handler(ports, request);
  const what = `nothing carries out ${name}: give the charm's perform a function "${name}"`;
  throw new HookMisuse('HandlerMissing', at.hook, at.node, what);
}

type Handlers<W extends Words, Ports> = Readonly<
  Record<string, (ports: Ports, request: Asked<W>) => Reply<W> | Promise<Reply<W>>>
>;

/** The answer that a handler's reply is short for. */
export function answerOf<W extends Words>(
  reply: Reply<W>,
  { _tag: name }: Asked<W>,
  at: At,
): Answer<W> {
  if (reply === undefined) return { label: 'done' };
  if (typeof reply === 'boolean') return { label: reply ? 'yes' : 'no' };
  if (typeof reply === 'string') return { label: reply };
  if (isRecord(reply)) return reply;
  const what = `what carries out ${name} gave ${kindOf(reply)}: give nothing, true or false, a label, or { label, learned }`;
  throw new HookMisuse('AnswerUnfit', at.hook, at.node, what);
}
