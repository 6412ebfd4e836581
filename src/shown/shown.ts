import type { Failure } from '../hook/index.ts';
import { render } from '../juju/errors.ts';

/**
 * What a charm says of itself to those who look at its runs. All of it is optional: a charm that says
 * nothing is shown by its charts, its databags and its secrets.
 */
export interface Shown<Given extends object = object, Asked extends string = string> {
  /** Keys whose values are passwords, in databags and in the JSON there, beside those of any charm. */
  readonly secretKeys?: readonly string[];
  /** What it has on record in its peers' application databag, one value of JSON for each key. */
  readonly records?: ShownRecords;
  /** What the file of configuration is called that it tells of: `PgBouncer`. */
  readonly file?: string;
  /**
   * By the name of a question, what it compares with what. `{unit}` stands for the unit, and the name
   * of a part of the question for what stands there: `the unit that leaves, {departingUnit}, with this
   * one, {unit}`.
   */
  readonly compares?: { readonly [Question in Asked]?: string };
  /** A failure in the charm's own words; by default as `render` of `hookchart` tells it. */
  render?(failure: Failure): string;
  /**
   * Looks over the ports that the charm brings: gives ports that do the same, and tells of what
   * passes by. It MUST ask nothing itself, and change nothing.
   */
  look?(given: Partial<Given>, eyes: Eyes): Partial<Given>;
}

export interface ShownRecords {
  readonly title: string;
  /** How the keys begin: `relation-`. */
  readonly prefix: string;
  /** The fields that are shown, in their order, `published.endpoints` for one within another. */
  readonly fields: readonly string[];
}

/** What the eyes of somebody are told of a charm's own ports. */
export interface Eyes {
  /** A file of configuration, before and after it was put in force. */
  readonly configured: (file: { readonly before: string | null; readonly after: string }) => void;
  /** Something outside of Juju that has changed: `role app`, `made`. */
  readonly did: (what: string, how: string) => void;
}

/** A charm, as far as those who look at its runs have to know it. */
export interface Visible {
  readonly name: string;
  readonly endpoints?: { readonly peers?: string };
  readonly shown?: Shown;
}

/** Tells failures as the charm does, where it says anything of them. */
export const renderAs =
  (charm: Visible | undefined) =>
  (failure: Failure): string =>
    charm?.shown?.render?.(failure) ?? render(failure);
