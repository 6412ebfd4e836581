import { execFileSync } from 'node:child_process';
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

/**
 * The site that `HOOKCHART_SITE` names, as `npm run docs` has just made it, or one that is built as
 * that does, but for the packages and the demo; gives its folder.
 */
export function builtSite(folder: string): string {
  const made = process.env.HOOKCHART_SITE;
  if (made !== undefined) return made;
  const out = join(folder, 'site');
  execFileSync('node_modules/.bin/vitepress', ['build', 'docs', '--outDir', out], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return out;
}

/** Serves a folder on loopback, as any server of files would. */
export async function served(folder: string) {
  const server = createServer(({ url = '/' }, response) => {
    const path = decodeURI(new URL(url, 'http://localhost').pathname);
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    if (!(statSync(file, { throwIfNoEntry: false })?.isFile() ?? false)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'text/plain' });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
