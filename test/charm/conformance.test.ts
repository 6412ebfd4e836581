/** The Juju adapter is held to the suite of all models, over stand-ins for the hook tools. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { juju, parseEnvironment } from '../../src/adapters/juju/index.ts';
import { type ModelSubject, modelConformance } from '../../src/testing/conformance/index.ts';
import { HookTools } from '../../src/testing/hook-tools.ts';
import { flushed } from '../../src/testing/lifecycle.ts';
import { rest } from '../../src/testing/simulation.ts';
import { step } from '../../src/testing/step.ts';
import { viewOf } from '../../src/testing/view.ts';
import { worldOf } from '../../src/testing/world.ts';
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

const idle = { name: 'update-status' };
const around = {
  backend: null,
  backendSecret: {},
  asked: {},
  config: {},
  address: '127.0.0.1',
};

/** A model over a charm that does nothing by itself. */
async function subject(hasSecrets: boolean): Promise<ModelSubject> {
  const request = { database: 'app' };
  const requirers = { app: { units: 1, request, library: 'v0.12' as const } };
  const related = await step(worldOf({ units: 2, hasSecrets, requirers }), {
    _tag: 'Relate',
    application: 'app',
  });
  const runner = () => ({
    pending: { bags: {}, state: {}, secrets: {}, secretsMade: 0, secretsRemoved: [] },
    failure: null,
    status: null,
    isDeposed: false,
    postgres: related.world.postgres,
    pooler: null,
    passwordsMade: 0,
    seconds: 0,
    steps: [],
    run: null,
  });
  let { world } = await rest(related.world, { runner });
  return {
    leader: 'pgbouncer/0',
    follower: 'pgbouncer/1',
    relation: 1,
    request,
    hook: async (unit, body) => {
      const tools = new HookTools(viewOf(world, unit, idle));
      standIn.serve(tools, around);
      const variables = {
        PATH: `${standIn.folder}:${process.env.PATH}`,
        JUJU_AGENT_SOCKET_ADDRESS: standIn.address,
        JUJU_DISPATCH_PATH: 'hooks/update-status',
        JUJU_UNIT_NAME: unit,
        JUJU_MODEL_NAME: 'test',
        JUJU_MODEL_UUID: '5e1f3c7a-0000-4000-8000-000000000002',
        JUJU_VERSION: hasSecrets ? '3.1.5' : '2.9.50',
        JUJU_CHARM_DIR: folder,
        JUJU_MACHINE_ID: '0',
      };
      const environment = parseEnvironment(variables);
      if (E.isLeft(environment)) throw new Error(environment.left.why);
      const result = await body(juju(environment.right, variables, async () => E.right(null)));
      world = flushed(world, unit, tools.flush());
      return result;
    },
  };
}

describe.each([
  ['3.1', true],
  ['2.9', false],
])('the Juju adapter on Juju %s conforms', (_, hasSecrets) => {
  it.each(modelConformance(() => subject(hasSecrets)).map(({ name, run }) => [name, run] as const))(
    '%s',
    (_name, run) => run(),
  );
});
