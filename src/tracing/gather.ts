/** A hook as a tree of spans, made of what is seen of it while it runs. */
import type { ChartEnd, Failure, HookMachine, Progress } from '../hook/index.ts';
import { type Attributes, cut, maskedIn, type Span, shown } from './span.ts';

/** Nodes that one hook tells of; whatever is beyond them is counted. */
const most = 4_000;

interface Open {
  readonly name: string;
  readonly began: number;
  readonly attributes: Record<string, string | number | readonly string[]>;
  readonly spans: Span[];
}

/** How a hook ended: null where it ended well. */
export type HookEnd = Failure | 'Defect' | null;

export interface Gathered {
  /** For `dispatch`, as its option `watch`. */
  readonly watch: (progress: Progress) => void;
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
  let chart: (Open & { readonly machine: HookMachine }) | null = null;
  let node: Open | null = null;
  let [nodes, untold] = [0, 0];

  const endNode = (error: string | null): void => {
    if (node === null) return;
    chart?.spans.push({ ...node, ended: now(), error });
    node = null;
  };
  const endChart = (error: string | null): void => {
    if (chart === null) return;
    const { name, began, attributes, spans } = chart;
    charts.push({ name, began, attributes, spans, ended: now(), error });
    chart = null;
  };

  const watch = (progress: Progress): void => {
    switch (progress._tag) {
      case 'Begun': {
        const { machine, event, from } = progress;
        chart = {
          name: machine.id,
          began: now(),
          attributes: { 'hookchart.chart': machine.id, 'hookchart.event': shown(event) },
          spans: [],
          machine,
        };
        if (from !== 'hook_fired') chart.attributes['hookchart.from'] = from;
        return;
      }
      case 'Asked': {
        nodes += 1;
        if (nodes > most) {
          untold += 1;
          return;
        }
        const { node: id, request } = progress;
        node = {
          name: id,
          began: now(),
          attributes: {
            'hookchart.node': id,
            'hookchart.label': labelOf(chart?.machine, id),
            'hookchart.request': shown(request),
          },
          spans: [],
        };
        return;
      }
      case 'Answered': {
        if (node === null) return;
        const { answer, request, to } = progress;
        const { attributes } = node;
        attributes['hookchart.answer'] = answer.label;
        attributes['hookchart.to'] = to;
        if ('learned' in answer) attributes['hookchart.learned'] = shown(answer.learned);
        const learned = 'learned' in answer ? answer.learned : null;
        const masked = [...maskedIn(request, 'request'), ...maskedIn(learned, 'learned')];
        if (masked.length > 0) attributes['hookchart.masked'] = masked;
        if (!('failure' in answer)) return endNode(null);
        Object.assign(attributes, ofFailure(answer.failure));
        return endNode(cut(render(answer.failure)));
      }
      case 'Ended': {
        if (chart === null) return;
        chart.attributes['hookchart.end'] = progress.end._tag;
        const why = whyOf(progress.end);
        if (why !== null) {
          Object.assign(chart.attributes, ofFailure(why));
          chart.attributes['hookchart.why'] = cut(render(why));
        }
        const isWell = progress.end._tag === 'Returned' || progress.end._tag === 'Deferred';
        endChart(isWell ? null : (why && cut(render(why))) || progress.end._tag);
      }
    }
  };

  const end = (how: HookEnd): Span | null => {
    // What threw is in the agent's log, with its words: they may hold anything, and stay there.
    const error = how === null || how === 'Defect' ? how : cut(render(how));
    endNode('it was not answered');
    endChart('it came to no end');
    if (charts.length === 0 && error === null) return null;
    const attributes = {
      ...hook.attributes,
      'hookchart.end': error === null ? 'Committed' : 'Failed',
      ...(how === null || how === 'Defect' ? {} : ofFailure(how)),
      ...(untold === 0 ? {} : { 'hookchart.untold': untold }),
    };
    return { ...hook, attributes, ended: now(), error, spans: charts };
  };
  return { watch, end };
}

const ofFailure = ({ _tag, class: kind }: Failure): Attributes => ({
  'error.type': _tag,
  'hookchart.class': kind,
});

const whyOf = (end: ChartEnd): Failure | null => ('why' in end ? end.why : null);

/** What the chart writes on a node. */
function labelOf(machine: HookMachine | undefined, id: string): string {
  const node = machine?.config.states?.[id] as
    | { readonly meta?: { readonly label?: string } }
    | undefined;
  return node?.meta?.label?.replaceAll('\\n', ' ') ?? id;
}
