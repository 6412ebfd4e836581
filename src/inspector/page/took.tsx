import { duration } from '../words.ts';

/** How long something took; nothing where no clock ran. */
export const Took = ({ milliseconds }: { readonly milliseconds: number }) =>
  milliseconds > 0 ? <span class="took">{duration(milliseconds)}</span> : null;
