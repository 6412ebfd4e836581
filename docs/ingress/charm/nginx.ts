/** One unit's nginx: its configuration is a function of the routes, and is checked before it counts. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { halt } from 'hookchart';
import type { ReverseProxy } from './charm.ts';
import type { Route } from './words.ts';

export interface NginxOptions {
  readonly program: string;
  /** nginx runs with `-p FOLDER -c FOLDER/nginx.conf`, however it is started. */
  readonly folder: string;
  /** `0.0.0.0:80`. */
  readonly listen: string;
}

export function nginx({ program, folder, listen }: NginxOptions): ReverseProxy {
  const file = join(folder, 'nginx.conf');
  const put = async (text: string, at = file): Promise<void> => {
    await writeFile(`${file}.next`, text);
    await rename(`${file}.next`, at);
  };
  /** What nginx has against it; null where nothing. */
  const objection = (config: string, ...order: readonly string[]): Promise<string | null> =>
    new Promise((resolve) => {
      const args = ['-p', folder, '-e', 'stderr', '-c', config, ...order];
      execFile(program, args, { timeout: 10_000 }, (error, _, said) =>
        resolve(error === null ? null : said.trim() || error.message),
      );
    });
  return {
    serve: async (routes) => {
      const { text, digest } = configuration(listen, routes);
      const before = await readFile(file, 'utf8').catch(() => '');
      if (before === text && (await isInForce(listen, digest, 1))) return;
      await put(text, `${file}.checked`);
      const rejected = await objection(`${file}.checked`, '-t', '-q');
      if (rejected !== null) halt({ _tag: 'ConfigRejected', class: 'broken', why: rejected });
      await rename(`${file}.checked`, file);
      const why = await objection(file, '-s', 'reload');
      if (why === null && (await isInForce(listen, digest))) return;
      // One that does not run is to start with what it was to reload.
      if (why === null) {
        await put(before);
        await objection(file, '-s', 'reload');
      }
      halt({ _tag: 'NginxUnavailable', class: 'unavailable', why: why ?? 'it did not reload' });
    },
  };
}

/** The configuration that an nginx has before it has any route. */
export const atFirst = (listen: string): string => configuration(listen, new Map()).text;

/** Where nginx tells which configuration it has in force; no route begins like this. */
const told = '/-/configuration';

function configuration(listen: string, routes: ReadonlyMap<number, Route>) {
  const blocks = [...routes].sort(([one], [other]) => one - other).map(block);
  const digest = createHash('sha256').update(blocks.join('')).digest('hex');
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const text = `# Written by the charm; what is changed by hand is lost.
pid nginx.pid;
error_log error.log;
events {}
http {
  access_log off;
  server_tokens off;
${folders.map((name) => `  ${name}_temp_path temporary-${name};\n`).join('')}
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Host $http_host;
  proxy_set_header X-Forwarded-Proto $scheme;
${blocks.map(({ upstream }) => upstream).join('')}
  server {
    listen ${listen};
    location / { return 404; }
    location = ${told} { keepalive_timeout 0; return 200 ${digest}; }
${blocks.map(({ locations }) => locations).join('')}  }
}
`;
  return { text, digest };
}

/** A path and addresses are of a few characters each, as `request.ts` reads them: nothing to quote. */
function block([relation, { path, upstreams, strip }]: readonly [number, Route]) {
  const to = `proxy_pass http://relation_${relation}${strip ? '/' : ''};`;
  return {
    upstream: `  upstream relation_${relation} {${upstreams.map((at) => ` server ${at};`).join('')} }\n`,
    locations: `    location = ${path} { ${to} }\n    location ${path}/ { ${to} }\n`,
  };
}

/**
 * Whether nginx has a configuration in force, on each of several new connections: after a reload the
 * old workers accept for a tenth of a second beside the new ones.
 */
async function isInForce(listen: string, digest: string, answers = 12): Promise<boolean> {
  let right = 0;
  for (let tries = answers === 1 ? 1 : 200; tries > 0 && right < answers; tries--) {
    if (tries < 200 && answers > 1) await setTimeout(20);
    const signal = AbortSignal.timeout(1_000);
    const answer = await fetch(`http://${listen}${told}`, { signal })
      .then((response) => response.text())
      .catch(() => null);
    right = answer === digest ? right + 1 : 0;
  }
  return right === answers;
}
