/**
 * An application that gives certificates, as the libraries of `tls-certificates` were seen to do it:
 * it answers each request once, and says so beside its answers to all others. Its operator decides by
 * whom they are signed, and whether at all.
 */
import type { Asking, Hook, HookTools, Script } from '../../testing/index.ts';
import { endpoints } from '../keys.ts';
import { memoryAuthority } from '../memory/index.ts';
import { requirer } from './requirer.ts';

/** What its operator may ask of it, as a request of its application's; it signs as `first` by default. */
export const certifying = [
  { authority: 'first' },
  { authority: 'second' },
  { answers: 'nothing' },
  { answers: 'refusals' },
  /** What was given so far is taken back; whoever asks anew is given another one. */
  { answers: 'anew' },
] as const;

interface ProviderCertificate {
  readonly certificate_signing_request: string;
  readonly certificate: string;
  readonly ca: string;
  readonly chain: readonly string[];
  readonly revoked?: true;
}

/** Nothing ends in a model in which no time passes. */
const term = { from: 0, until: Number.MAX_SAFE_INTEGER };

function answer(tools: HookTools, relation: number, asking: Asking, isTold: boolean): void {
  if (!tools.isLeader()) return;
  const { authority = 'first', answers = '' } = asking.request;
  const { ca, certify } = memoryAuthority(authority);
  const asked = tools
    .relationList(relation)
    .flatMap((unit) => requestsIn(tools.relationGet(relation, unit).certificate_signing_requests));
  const before = certificatesIn(tools.relationGet(relation, tools.view.application).certificates);
  const given = asked.flatMap((request): readonly ProviderCertificate[] => {
    const known = before.find((one) => one.certificate_signing_request === request);
    if (known !== undefined && answers === 'anew' && isTold) return [{ ...known, revoked: true }];
    const stays = answers === 'nothing' || answers === 'refusals' || known?.ca === ca;
    if (known?.revoked === true || stays) return known === undefined ? [] : [known];
    const certificate = certify(request, term);
    return [{ certificate_signing_request: request, certificate, ca, chain: [certificate, ca] }];
  });
  const isGiven = (request: string) =>
    given.some((one) => one.certificate_signing_request === request);
  const refused = answers === 'refusals' ? asked.filter((request) => !isGiven(request)) : [];
  tools.relationSet(relation, 'application', {
    certificates: given.length === 0 ? '' : JSON.stringify(given),
    request_errors:
      refused.length === 0 ? '' : JSON.stringify(refused.map((csr) => ({ csr, error }))),
  });
}

const error = { code: 102, name: 'DOMAIN_NOT_ALLOWED', message: 'the name is not allowed' };

/** The requests in a unit's databag. */
export const requestsIn = (text = '[]'): readonly string[] =>
  JSON.parse(text).map((one: Pick<ProviderCertificate, 'certificate_signing_request'>) =>
    one.certificate_signing_request.trim(),
  );

/** The certificates in the databag of who gives them. */
export const certificatesIn = (text = '[]'): readonly ProviderCertificate[] => JSON.parse(text);

function hook(tools: HookTools, called: Hook, asking: Asking): ReturnType<Script['hook']> {
  const { name, relation } = called;
  if (!name.startsWith(`${endpoints.certificates}-relation-`))
    return requirer.hook(tools, called, asking);
  if (relation !== undefined && !name.endsWith('-broken')) answer(tools, relation, asking, false);
  return [];
}

function ask(tools: HookTools, asking: Asking): void {
  for (const relation of tools.relationIds(endpoints.certificates))
    answer(tools, relation, asking, true);
  requirer.ask(tools, asking);
}

/** Both who asks for a database and who gives certificates. */
export const requirerOrCertifier: Script = { hook, ask };
