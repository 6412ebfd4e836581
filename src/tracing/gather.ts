/** A hook as a tree of spans, made of what is seen of it while it runs. */
import { type ChartEnd, type Failure, isFailure, isRecord } from '../hook/index.ts';
import { firstNode } from '../hook/nodes.ts';
import { type Attributes, cut, maskedIn, type Span, shown } from './span.ts';

/** Charts and nodes that one hook tells of; whatever is beyond them is counted. */
const most = 4_000;

interface Open {
  readonly name: string;
  readonly began: number;
  readonly attributes: Record<string, string | number | readonly string[]>;
  readonly spans: Span[];
}

/** What is seen of a hook while it runs, whatever its words are: `Progress` of any charm. */
export type SeenOfHook =
  | {
      readonly _tag: 'Begun';
      readonly machine: { readonly id: string; readonly config: { readonly states?: unknown } };
      readonly event: object;
      readonly from: string;
    }
  | { readonly _tag: 'Asked'; readonly node: string; readonly request: unknown }
  | {
      readonly _tag: 'Answered';
      readonly node: string;
      readonly to: string;
      readonly request: unknown;
      readonly answer: {
        readonly label: string;
        readonly learned?: unknown;
        readonly failure?: unknown;
      };
    }
  | { readonly _tag: 'Ended'; readonly end: ChartEnd };

type Machine = (SeenOfHook & { readonly _tag: 'Begun' })['machine'];

/** How a hook ended: null where it ended well. */
export type HookEnd = Failure | 'Defect' | null;

export interface Gathered {
  /** For `dispatch`, as its option `watch`. */
  readonly watch: (seen: SeenOfHook) => void;
  /** The hook with its charts and their nodes; null where it went through none and failed nowhere. */
  readonly end: (end: HookEnd) => Span | null;
}

export interface GatherOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly render: (why: Failure) => string;
}

/** Gathers one hook; `began` is when it did. */
export function gathered(
  hook: { readonly name: string; readonly began: number; readonly attributes: Attributes },
  { now, render }: GatherOptions,
): Gathered {
  const charts: Span[] = [];
  let [chart, node]: [Open | null, Open | null] = [null, null];
  let machine: Machine | null = null;
  let [told, untold] = [0, 0];
  const said = (why: Failure | null): string | null => why && cut(render(why));

  const isRoom = (): boolean => {
    if (told === most) untold += 1;
    else told += 1;
    return untold === 0;
  };
  const endNode = (error: string | null): void => {
    if (node !== null) chart?.spans.push({ ...node, ended: now(), error });
    node = null;
  };
  const endChart = (error: string | null): void => {
    if (chart !== null) charts.push({ ...chart, ended: now(), error });
    chart = null;
  };

  const watch = (seen: SeenOfHook): void => {
    switch (seen._tag) {
      case 'Begun':
        machine = seen.machine;
        if (isRoom()) chart = chartBegun(seen, now());
        return;
      case 'Asked':
        if (isRoom()) node = nodeAsked(seen, machine, now());
        return;
      case 'Answered': {
        const { failure } = seen.answer;
        Object.assign(node?.attributes ?? {}, answered(seen));
        endNode(said(isFailure(failure) ? failure : null));
        return;
      }
      case 'Ended': {
        const { end } = seen;
        const why = 'why' in end ? end.why : null;
        const attributes = { [`${own}.end`]: end._tag, ...ofFailure(why) };
        Object.assign(chart?.attributes ?? {}, attributes, why && { [`${own}.why`]: said(why) });
        const isWell = end._tag === 'Returned' || end._tag === 'Deferred';
        endChart(isWell ? null : said(why));
      }
    }
  };

  const end = (how: HookEnd): Span | null => {
    // What threw is in the agent's log, with its words: they may hold anything, and stay there.
    const why = how === 'Defect' ? null : how;
    const error = how === 'Defect' ? how : said(why);
    endNode('it was not answered');
    endChart('it came to no end');
    if (charts.length === 0 && error === null) return null;
    const attributes = {
      ...hook.attributes,
      [`${own}.end`]: error === null ? 'Committed' : 'Failed',
      ...ofFailure(why),
      ...(untold === 0 ? {} : { [`${own}.untold`]: untold }),
    };
    return { ...hook, attributes, ended: now(), error, spans: charts };
  };
  return { watch, end };
}

/** What stands before the names of all that only a hook of this kind has. */
const own = 'hookchart';

const chartBegun = (
  { machine, event, from }: SeenOfHook & { readonly _tag: 'Begun' },
  began: number,
): Open => ({
  name: machine.id,
  began,
  attributes: {
    [`${own}.chart`]: machine.id,
    [`${own}.event`]: shown(event),
    ...(from === firstNode ? {} : { [`${own}.from`]: from }),
  },
  spans: [],
});

const nodeAsked = (
  { node, request }: SeenOfHook & { readonly _tag: 'Asked' },
  machine: Machine | null,
  began: number,
): Open => ({
  name: node,
  began,
  attributes: {
    [`${own}.node`]: node,
    [`${own}.label`]: labelOf(machine, node),
    [`${own}.request`]: shown(request),
  },
  spans: [],
});

function answered({ request, answer, to }: SeenOfHook & { readonly _tag: 'Answered' }): Attributes {
  const { label, learned, failure } = answer;
  const masked = [...maskedIn(request, 'request'), ...maskedIn(learned, 'learned')];
  return {
    [`${own}.answer`]: label,
    [`${own}.to`]: to,
    ...(learned === undefined ? {} : { [`${own}.learned`]: shown(learned) }),
    ...(masked.length === 0 ? {} : { [`${own}.masked`]: masked }),
    ...ofFailure(isFailure(failure) ? failure : null),
  };
}

const ofFailure = (why: Failure | null): Attributes =>
  why === null ? {} : { 'error.type': why._tag, [`${own}.class`]: why.class };

/** What the chart writes on a node. */
function labelOf(machine: Machine | null, id: string): string {
  const states = machine?.config.states;
  const node = isRecord(states) ? states[id] : null;
  const meta = isRecord(node) ? node.meta : null;
  const label = isRecord(meta) ? meta.label : null;
  return typeof label === 'string' ? label.replaceAll('\\n', ' ') : id;
}
