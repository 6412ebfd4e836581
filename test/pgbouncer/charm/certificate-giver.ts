/** An application that gives certificates, as charms of `tls-certificates` do, with openssl behind it. */
import type { Databag } from '../../../src/juju/port.ts';
import type { Authority, Certifying } from '../../integration/certificates.ts';
import type { CertificatesRelation } from './tool-calls.ts';

interface Entry {
  readonly certificate: string;
  readonly certificate_signing_request: string;
  readonly ca: string;
  readonly chain: readonly string[];
  readonly recommended_expiry_notification_time?: number;
  readonly revoked?: boolean;
}

/** As the library of charms has it, and whatever a provider makes of it. */
interface Refusal {
  readonly csr: string;
  readonly error: unknown;
}

export class CertificateGiver implements CertificatesRelation {
  readonly relation: number;
  readonly #units = new Map<string, Databag>();
  #written = new Map<string, Databag>();
  #entries: readonly Entry[] = [];
  #refusals: readonly Refusal[] = [];

  constructor(relation: number) {
    this.relation = relation;
  }

  get given(): Databag {
    return {
      ...(this.#entries.length === 0 ? {} : { certificates: JSON.stringify(this.#entries) }),
      ...(this.#refusals.length === 0 ? {} : { request_errors: JSON.stringify(this.#refusals) }),
    };
  }

  read(unit: string): Databag {
    return { ...this.#units.get(unit), ...this.#written.get(unit) };
  }

  write(unit: string, values: Databag): void {
    this.#written.set(unit, { ...this.#written.get(unit), ...values });
  }

  /** What a hook has written is there once it has ended well. */
  settle(isGood: boolean): void {
    if (isGood)
      for (const [unit, values] of this.#written) {
        const bag = { ...this.#units.get(unit), ...values };
        const kept = Object.entries(bag).filter(([, value]) => value !== '');
        this.#units.set(unit, Object.fromEntries(kept));
      }
    this.#written = new Map();
  }

  /** What a unit asks for; null where for nothing. */
  requestOf(unit: string): string | null {
    const { certificate_signing_requests: text } = this.#units.get(unit) ?? {};
    return text === undefined ? null : JSON.parse(text)[0].certificate_signing_request;
  }

  /** Gives each unit what it asks for, and takes back what nobody asks for any more. */
  give(
    by: Authority,
    { hours, ...how }: Certifying & { readonly hours?: number } = {},
  ): readonly Entry[] {
    this.#refusals = [];
    this.#entries = this.#requests().map((request) => {
      const known = this.#entries.find((one) => one.certificate_signing_request === request);
      if (known !== undefined && known.ca === by.ca) return known;
      const certificate = by.certify(request, how);
      return {
        certificate,
        certificate_signing_request: request,
        ca: by.ca,
        chain: [certificate, by.ca],
        ...(hours === undefined ? {} : { recommended_expiry_notification_time: hours }),
      };
    });
    return this.#entries;
  }

  #requests(): readonly string[] {
    return [...this.#units.keys()].flatMap((unit) => this.requestOf(unit) ?? []);
  }

  /** Refuses what each unit asks for, or nothing any more. */
  refuse(error: object | null): void {
    this.#refusals = error === null ? [] : this.#requests().map((csr) => ({ csr, error }));
  }

  /** Says what it likes, for a charm that has to bear it. */
  say(entries: readonly Partial<Entry>[]): void {
    this.#entries = entries as readonly Entry[];
  }

  revoke(): void {
    this.#entries = this.#entries.map((one) => ({ ...one, revoked: true }));
  }
}
