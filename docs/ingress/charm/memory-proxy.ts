import { halt } from 'hookchart';
import type { ReverseProxy } from './charm.ts';
import type { Route } from './words.ts';

/** Serves routes in memory, for tests and the first look. */
export class MemoryProxy implements ReverseProxy {
  routes: ReadonlyMap<number, Route> = new Map();
  isDown = false;

  async serve(routes: ReadonlyMap<number, Route>): Promise<void> {
    this.routes = new Map(routes);
    if (this.isDown)
      halt({ _tag: 'ProxyUnavailable', class: 'unavailable', why: 'it does not run' });
  }
}
