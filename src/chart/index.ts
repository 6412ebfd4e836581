export type { Chart, ChartEdge, ChartNode } from './chart.ts';
export { compare, type Difference, describe } from './compare.ts';
export { type ChartText, chartsIn } from './documents.ts';
export { chartOf } from './of-machine.ts';
export { type ChartError, parse } from './parse.ts';
export { print } from './print.ts';
