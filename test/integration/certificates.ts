import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A CA of one's own. */
export interface Authority {
  readonly ca: string;
  /** A certificate for names such as `DNS:localhost` or `IP:127.0.0.1`. */
  readonly sign: (...names: readonly string[]) => {
    readonly certificate: string;
    readonly key: string;
  };
  readonly remove: () => void;
}

/** Makes a CA with the `openssl` program. */
export function authority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'hookchart-ca-'));
  const path = (name: string) => join(folder, name);
  const openssl = (...args: readonly string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=ca');
  let count = 0;
  return {
    ca: readFileSync(path('ca.crt'), 'utf8'),
    sign: (...names) => {
      const name = `server-${count++}`;
      openssl(
        ...['req', '-x509', ...newKey, '-subj', '/CN=server', '-CA', 'ca.crt', '-CAkey', 'ca.key'],
        ...['-addext', `subjectAltName=${names.join(',')}`],
        ...['-addext', 'basicConstraints=critical,CA:FALSE'],
        ...['-keyout', `${name}.key`, '-out', `${name}.crt`],
      );
      return {
        certificate: readFileSync(path(`${name}.crt`), 'utf8'),
        key: readFileSync(path(`${name}.key`), 'utf8'),
      };
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
