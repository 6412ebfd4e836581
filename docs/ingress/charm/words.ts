/** What the ingress asks, orders and learns, and the parts of its charts. */
import { vocabulary } from 'hookchart';

/** Where requests for a path go. */
export interface Route {
  readonly path: string;
  /** `10.0.0.7:8080` or `[fd00::7]:8080`, one for each unit, sorted. */
  readonly upstreams: readonly string[];
  /** Whether the application is to see its paths without the prefix. */
  readonly strip: boolean;
}

/** What is on record for a relation: its route, or why it has none. */
export type Entry = Route | { readonly refused: string };

export interface IngressWords {
  question:
    | { readonly _tag: 'Leader' | 'UnitLeaves' }
    | { readonly _tag: 'RequestOf'; readonly relation: number };
  command:
    | {
        readonly _tag: 'PutOnRecord';
        readonly relation: number;
        /** Null takes it off the record. */
        readonly entry: Entry | null;
      }
    | { readonly _tag: 'ReviewRequests' | 'ServeRoutes' | 'PublishUrls' };
  learned: { readonly entry: Entry | null };
  event: { readonly hook: string; readonly relation?: number };
}

export const { ask, chart, order, returns } = vocabulary<IngressWords>({
  learned: { entry: null },
});
