/** A key and what is to be certified of it, by WebCrypto, which Node and Bun have. */
import 'reflect-metadata';
import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from '@peculiar/x509';

const { subtle } = webcrypto;

/** What every provider of certificates takes. */
const algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};

/** A new private key, as PEM. */
export async function makeKey(): Promise<string> {
  const { privateKey } = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const der = Buffer.from(await subtle.exportKey('pkcs8', privateKey));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();
}

/** A signing request for these names and addresses, as PEM. */
export async function makeRequest(
  pem: string,
  {
    name,
    names,
    mark,
  }: {
    /** Whom it is for, to be read by people: the unit. */
    readonly name: string;
    readonly names: readonly string[];
    /** Tells it from any other request. */
    readonly mark: string;
  },
): Promise<string> {
  const secret = createPrivateKey(pem);
  const pkcs8 = secret.export({ type: 'pkcs8', format: 'der' });
  const spki = createPublicKey(secret).export({ type: 'spki', format: 'der' });
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [name.slice(0, longestName)] }, { [uniqueIdentifier]: [mark] }],
    keys: {
      privateKey: await subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
      publicKey: await subtle.importKey('spki', spki, algorithm, true, ['verify']),
    },
    signingAlgorithm: algorithm,
    extensions: [
      new SubjectAlternativeNameExtension(
        names.map((value) => ({
          type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const),
          value,
        })),
      ),
    ],
  });
  return `${request.toString('pem')}\n`;
}

/** Of a common name (X.520). */
const longestName = 64;
/** `x500UniqueIdentifier`. */
const uniqueIdentifier = '2.5.4.45';
