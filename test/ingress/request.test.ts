import fc from 'fast-check';
import type { Databag } from 'hookchart';
import { describe, expect, it } from 'vitest';
import { requested } from '../../docs/ingress/charm/request.ts';

const said = { model: '"shop"', name: '"web"', port: '8080' };
const units = new Map([['web/0', { host: '"web-0.local"', ip: '"10.1.0.7"' }]]);

describe('a request', () => {
  it('is a path of model and name, and an upstream for each unit that has said where it is', () => {
    const others = new Map<string, Databag>([
      ...units,
      ['web/1', { host: '"fd00::7"', ip: 'null' }],
      ['web/2', {}],
    ]);
    expect(
      requested({ ...said, 'strip-prefix': 'true', 'redirect-https': 'false' }, others),
    ).toEqual({ path: '/shop-web', upstreams: ['10.1.0.7:8080', '[fd00::7]:8080'], strip: true });
  });

  it('takes the texts that the first library wrote bare', () => {
    const bare = { model: 'shop', name: 'web', port: '8080' };
    expect(requested(bare, new Map([['web/0', { host: '10.1.0.7' }]]))).toEqual({
      ...{ path: '/shop-web', upstreams: ['10.1.0.7:8080'], strip: false },
    });
  });

  it('is nothing where nothing is asked for', () => {
    expect(requested({}, units)).toBe(null);
    expect(requested({ model: '"shop"', name: '"web"' }, units)).toBe(null);
  });

  it('leads nowhere while no unit has said where it is', () => {
    const nowhere = { path: '/shop-web', upstreams: [], strip: false };
    expect(requested(said, new Map())).toEqual(nowhere);
    expect(requested(said, new Map([['web/0', {}]]))).toEqual(nowhere);
  });

  it.each([
    [{ port: '0' }, 'port is 0: it must be a whole number from 1 to 65535'],
    [{ port: '65536' }, 'port is 65536: it must be a whole number from 1 to 65535'],
    [{ port: '80.5' }, 'port is 80.5: it must be a whole number from 1 to 65535'],
    [{ port: '"80; }"' }, 'port is "80; }": it must be a whole number from 1 to 65535'],
    [{ name: '"web/../x"' }, 'name is "web/../x": it may be 63 of a-z, 0-9 and inner hyphens'],
    [{ name: '"web\\n"' }, 'name is "web\\n": it may be 63 of a-z, 0-9 and inner hyphens'],
    [{ model: '7' }, 'model is 7: it must be a text'],
    [{ model: '""' }, 'model is "": it may be 63 of a-z, 0-9 and inner hyphens'],
    [{ 'strip-prefix': '1' }, 'strip-prefix is 1: it must be true or false'],
    [
      { 'redirect-https': 'true' },
      'redirect-https is true: it must be false: there is no HTTPS here',
    ],
  ])('is refused by name: %j', (part, refused) => {
    expect(requested({ ...said, ...part }, units)).toEqual({ refused });
  });

  it('is refused where a part is missing', () => {
    const { name: _, ...rest } = said;
    expect(requested(rest, units)).toEqual({ refused: 'name is missing' });
  });

  it.each([
    ['10.1.0.7; } location /x {', '"10.1.0.7; } location /x {"'],
    ['web.local', '"web.local"'],
    ['fe80::1%eth0', '"fe80::1%eth0"'],
    [7, '7'],
  ])('is refused where a unit has no address that nginx could take: %j', (ip, shown) => {
    const located = new Map([['web/0', { host: '"10.1.0.7"', ip: JSON.stringify(ip) }]]);
    const why = typeof ip === 'number' ? 'must be a text' : 'must be an IP address';
    expect(requested(said, located)).toEqual({ refused: `web/0: ip is ${shown}: it ${why}` });
  });

  it('is refused where a unit has a name and no address', () => {
    const named = new Map([['web/0', { host: '"web-0.local"' }]]);
    expect(requested(said, named)).toEqual({
      refused: 'web/0: host is "web-0.local": it must be an IP address',
    });
  });

  it('property: whatever it says, only characters that mean nothing to nginx come out of it', () => {
    /** What would do, what would do with something behind it, or anything at all. */
    const like = (right: string | number) =>
      fc.oneof(
        { weight: 4, arbitrary: fc.constant(JSON.stringify(right)) },
        fc.string().map((more) => JSON.stringify(`${right}${more}`)),
        fc.string().map((more) => `${right}${more}`),
        fc.json(),
      );
    const application = fc.record({ model: like('shop'), name: like('web'), port: like(8080) });
    const located = fc.record({ host: like('10.1.0.7'), ip: like('fd00::7') });
    let routes = 0;
    fc.assert(
      fc.property(application, located, (app, unit) => {
        const entry = requested(app, new Map([['web/0', unit]]));
        if (entry === null || 'refused' in entry) return;
        routes++;
        expect(entry.path).toMatch(/^\/[a-z0-9-]+$/);
        for (const upstream of entry.upstreams) expect(upstream).toMatch(/^[0-9a-fA-F.:[\]]+$/);
      }),
      { numRuns: 2_000 },
    );
    expect(routes).toBeGreaterThan(50);
  });
});
