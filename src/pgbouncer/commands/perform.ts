import type { PgbouncerWords } from '../../../machines/index.ts';
import type { Perform } from '../../hook/index.ts';
import { auditBackend } from './audit.ts';
import {
  configurePooler,
  confirmServing,
  updateConnections,
  updateReadable,
} from './connection.ts';
import {
  addUser,
  createUserAndDatabase,
  readRequest,
  updateDatabag,
  updatePgbouncer,
} from './provisioning.ts';
import { addFlag, deleteUser, removeData } from './removal.ts';
import type { Session } from './session.ts';

/** How each request of PgBouncer's charts is carried out. */
export const perform: Perform<PgbouncerWords, Session> = {
  BackendReady: (session) => session.backendReady(),
  Leader: ({ juju }) => juju.leader(),
  BackendReadyAndLeader: async (session) =>
    (await session.juju.leader()) && (await session.backendReady()),
  UnitDeparting: ({ juju }, { departingUnit }) => departingUnit === juju.name,
  DepartingFlagged: async (session) => (await session.fate()) === 'leaves',
  GetUser: async (session, { relation }) => ({
    label: 'done',
    learned: { granted: await readRequest(session, relation) },
  }),
  CreateUserAndDatabase: async (session, command) => ({
    label: 'done',
    learned: { granted: await createUserAndDatabase(session, command) },
  }),
  AddUser: addUser,
  UpdatePgbouncer: updatePgbouncer,
  UpdateDatabag: updateDatabag,
  UpdateConnectionInfo: (session, { relation }) => updateReadable(session, relation),
  AddDepartingFlag: (session, { relation }) => addFlag(session, relation),
  RemoveData: (session, { relation }) => removeData(session, relation),
  DeleteUser: async (session, { relation }) => {
    await deleteUser(session, relation);
  },
  ConfigurePooler: configurePooler,
  ConfirmServing: confirmServing,
  UpdateConnections: updateConnections,
  AuditBackend: auditBackend,
};
