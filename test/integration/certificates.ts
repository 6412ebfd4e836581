import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  /** A certificate for what a signing request asks for, as PEM. */
  readonly certify: (request: string, how?: Certifying) => string;
  readonly remove: () => void;
}

export interface Certifying {
  /** Days from its beginning to its end, and how many of them have passed. */
  readonly days?: number;
  readonly passed?: number;
  /** For other names than it asks for. */
  readonly names?: string;
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
    certify: (request, { days = 30, passed = 0, names } = {}) => {
      const name = `asked-${count++}`;
      writeFileSync(path(`${name}.csr`), request);
      for (const file of ['index.txt', 'index.txt.attr']) writeFileSync(path(file), '');
      writeFileSync(path('serial'), `${(4096 + count).toString(16)}\n`);
      const others = names === undefined ? '' : `subjectAltName = ${names}\n`;
      writeFileSync(path('ca.conf'), `${configuration}${others}`);
      const from = Date.now() - passed * day;
      openssl(
        ...['ca', '-batch', '-notext', '-config', 'ca.conf', '-in', `${name}.csr`],
        ...['-startdate', asn1Of(from), '-enddate', asn1Of(from + days * day)],
        ...['-out', `${name}.crt`],
      );
      return readFileSync(path(`${name}.crt`), 'utf8');
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** The common name in a signing request, as openssl reads it; null where there is none. */
export function commonNameIn(request: string): string | null {
  const args = ['req', '-noout', '-subject', '-nameopt', 'multiline', '-verify'];
  const text = execFileSync('openssl', args, { input: request, stdio: 'pipe' }).toString();
  return /commonName\s*= (.*)/.exec(text)?.[1] ?? null;
}

const day = 86_400_000;

/** `20260131235959Z` */
const asn1Of = (time: number): string =>
  new Date(time).toISOString().replaceAll(/[-:T]|\.\d+/g, '');

/** The names are taken from the request, as providers take them. */
const configuration = `
[ca]
default_ca = own
[own]
dir = .
certificate = ca.crt
private_key = ca.key
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
x509_extensions = leaf
[any]
commonName = optional
x500UniqueIdentifier = optional
[leaf]
basicConstraints = critical,CA:FALSE
`;
