/** How the benches measure, and where they tell of it. */
export type Tell = (line: string) => void;

export const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;

export const number = (value: number): string =>
  Math.round(value).toLocaleString('en').padStart(12);
