/**
 * Mermaid flowcharts: read, printed, compared with a machine, laid out and drawn.
 *
 * @module hookchart/chart
 */
export type { Chart, ChartEdge, ChartNode } from './chart.ts';
export { compare, type Difference, describe } from './compare.ts';
export { type ChartText, chartsIn } from './documents.ts';
export { dot } from './dot.ts';
export { type Layout, layout, type PlacedEdge, type PlacedNode, type Point } from './layout.ts';
export { chartOf } from './of-machine.ts';
export { type ChartError, parse } from './parse.ts';
export { svg } from './picture.ts';
export { print } from './print.ts';
