/** A hook's flowchart as data: what Mermaid's text says, and nothing about how it looks. */
import type { Drawing } from '../hook/index.ts';

export interface ChartNode extends Drawing {
  readonly id: string;
}

export interface ChartEdge {
  readonly from: string;
  readonly to: string;
  /** Null where the arrow has no text. */
  readonly label: string | null;
}

export interface Chart {
  readonly direction: string;
  /** In the order of their first mention. */
  readonly nodes: readonly ChartNode[];
  readonly edges: readonly ChartEdge[];
}

/** What an argument that is to be a chart cannot do without. */
export const chartParts = { nodes: 'list', edges: 'list' } as const;

/** Which way a chart runs. */
export const directions: readonly string[] = ['TD', 'TB', 'BT', 'LR', 'RL'];
/** The same in a pattern. */
export const anyDirection = directions.join('|');

/** The brackets that Mermaid puts around a label, by what the shape means here. */
export const brackets = {
  terminal: ['([', '])'],
  question: ['{', '}'],
  step: ['[', ']'],
  defer: ['>', ']'],
} as const;
