/** The Juju adapter is held to the suite of all models, over stand-ins for the hook tools. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { juju, parseEnvironment } from '../../../src/juju/hook-tools/index.ts';
import { jujuConformance } from '../../../src/testing/conformance/index.ts';
import type { HookTools } from '../../../src/testing/hook-tools.ts';
import { modelSubject } from '../../testing/model-subject.ts';
import { StandIn } from './stand-in.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookchart-conformance-'));
let standIn: StandIn;
beforeAll(async () => {
  standIn = await StandIn.start();
});
afterAll(async () => {
  await standIn.stop();
  rmSync(folder, { recursive: true });
});

const around = { backend: null, backendSecret: {}, asked: {}, config: {}, address: '127.0.0.1' };

const jujuModel = (version: string) => (tools: HookTools) => {
  standIn.serve(tools, around);
  const variables = {
    PATH: `${standIn.folder}:${process.env.PATH}`,
    JUJU_AGENT_SOCKET_ADDRESS: standIn.address,
    JUJU_DISPATCH_PATH: 'hooks/update-status',
    JUJU_UNIT_NAME: tools.view.unit,
    JUJU_MODEL_NAME: 'test',
    JUJU_MODEL_UUID: '5e1f3c7a-0000-4000-8000-000000000002',
    JUJU_VERSION: version,
    JUJU_CHARM_DIR: folder,
    JUJU_MACHINE_ID: '0',
  };
  const environment = parseEnvironment(variables);
  if (E.isLeft(environment)) throw new Error(environment.left.why);
  return juju(environment.right, variables, async () => E.right(null), {
    ...{ peers: 'pgb-peers', serves: 'database', requires: 'backend-database' },
  });
};

describe.each([
  ['3.1.5', true],
  ['2.9.50', false],
])('the Juju adapter on Juju %s conforms', (version, hasSecrets) => {
  it.each(
    jujuConformance(() => modelSubject(hasSecrets, jujuModel(version))).map(
      ({ name, run }) => [name, run] as const,
    ),
  )('%s', (_name, run) => run());
});
