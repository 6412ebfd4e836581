/** The relation with somebody who gives certificates, from asking to what is answered. */
import * as v from 'valibot';
import type { MemoryJuju } from '../../juju/memory.ts';
import { endpoints } from '../keys.ts';
import { type DemoAuthority, demoAuthority } from './authority.ts';

const asked = v.pipe(
  v.string(),
  v.parseJson(),
  v.array(v.object({ certificate_signing_request: v.string() })),
);

/** Says what the application behind `certificates` says. */
export class CertificateGiver {
  readonly relation: number;
  readonly #juju: MemoryJuju;
  readonly #by: DemoAuthority = demoAuthority('the demo');

  constructor(juju: MemoryJuju, relation: number) {
    this.#juju = juju;
    this.relation = relation;
    juju.request(relation, {}, endpoints.certificates);
  }

  /** Answers every unit that has asked. */
  give(): void {
    const { ca, certify } = this.#by;
    const entries = this.#juju.units.flatMap((unit) => {
      const bag = this.#juju.databag({ _tag: 'OwnUnit', relation: this.relation, unit });
      const requests = v.safeParse(asked, bag.certificate_signing_requests ?? '');
      return (requests.success ? requests.output : []).map((request) => {
        const certificate = certify(request.certificate_signing_request);
        return { ...request, certificate, ca, chain: [certificate, ca] };
      });
    });
    const certificates = JSON.stringify(entries);
    this.#juju.request(this.relation, { certificates }, endpoints.certificates);
  }
}
