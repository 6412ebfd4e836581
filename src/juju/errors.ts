import { type Failure, given } from '../hook/index.ts';

/** What keeps a hook from Juju, or Juju from a hook, whatever the charm is. */
export type JujuError =
  | ({ readonly class: 'unavailable' } & (
      | { readonly _tag: 'EndpointUnknown'; readonly unit: string; readonly why?: string }
      /** The hook's time was up before this was begun. */
      | { readonly _tag: 'OutOfTime'; readonly what: string }
      | { readonly _tag: 'SecretUnreadable'; readonly id: string; readonly why: string }
    ))
  | ({ readonly class: 'broken' } & (
      | { readonly _tag: 'FileFailed'; readonly path: string; readonly code: string }
      | { readonly _tag: 'ModelRefused'; readonly call: string; readonly why: string }
      /** The way to the model is missing, or says what cannot be read. */
      | { readonly _tag: 'ModelUnusable'; readonly call: string; readonly why: string }
      | DeferralsUnreadable
    ));

/** A queue that cannot be read is kept as it is: dropping it would lose what waits in it. */
export interface DeferralsUnreadable {
  readonly _tag: 'DeferralsUnreadable';
  readonly class: 'broken';
  readonly why: string;
}

/** An error as text: what failed, then what to do. */
export function renderJuju(error: JujuError): string {
  switch (error._tag) {
    case 'EndpointUnknown':
      return `${error.unit} has no address yet that clients could use${error.why === undefined ? '' : ` (${error.why})`}; nothing was published, the hook is deferred until it has`;
    case 'OutOfTime':
      return `${error.what} was not begun, for the hook's time was up; the next hook does it`;
    case 'SecretUnreadable':
      return `${error.id} cannot be read (${error.why}); the hook is deferred until it can`;
    case 'FileFailed':
      return `${error.path} could not be read or written (${error.code}); check the folder and its owner`;
    case 'ModelRefused':
      return `Juju refused ${error.call}: ${error.why}${/relation not found/.test(error.why) ? '; it is gone, and so are its databags: hold a relation that is on record against juju.relations(endpoint) before it is read or written' : ''}`;
    case 'ModelUnusable':
      return `${error.call} could not be used: ${error.why}; nothing was committed`;
    case 'DeferralsUnreadable':
      return `the unit's state has a queue of deferred hooks that cannot be read: ${error.why}; upgrade this unit, or repair the key "deferred"`;
  }
}

const tags: ReadonlySet<string> = new Set<JujuError['_tag']>([
  'EndpointUnknown',
  'OutOfTime',
  'SecretUnreadable',
  'FileFailed',
  'ModelRefused',
  'ModelUnusable',
  'DeferralsUnreadable',
]);

export const isJujuError = <Other extends Failure>(
  failure: Other | JujuError,
): failure is JujuError => tags.has(failure._tag);

/**
 * A failure of any charm as text: in its own words where it has a `why` or a `message`.
 *
 * @category Handlers
 *
 * @example
 * ```ts
 * import { render } from 'hookchart';
 *
 * const failure = { _tag: 'ProxyDown', class: 'unavailable', why: 'nginx does not run' } as const;
 * console.log(render(failure));
 * // ProxyDown: nginx does not run
 * ```
 */
export function render(failure: Failure): string {
  given('render', 'the failure', failure, { _tag: 'text' });
  if (isJujuError(failure)) return renderJuju(failure);
  const { why, message } = failure as { readonly why?: unknown; readonly message?: unknown };
  const said = [why, message].find((one) => typeof one === 'string');
  return said === undefined ? failure._tag : `${failure._tag}: ${said}`;
}
