import type { Granted, PgbouncerWords } from '../../../machines/index.ts';
import type { Perform } from '../../hook/index.ts';
import { auditBackend } from './audit.ts';
import {
  updateConnectionInfo,
  updateConnections,
  updateReadable,
  withdrawAnswer,
} from './connection.ts';
import {
  addUser,
  clearRefusal,
  createUserAndDatabase,
  readRequest,
  recordRefusal,
  renewPassword,
  restoreGrant,
  updateDatabag,
  updatePgbouncer,
} from './provisioning.ts';
import {
  addFlag,
  deleteStrayRole,
  deleteUser,
  finishRemoval,
  forgetFlag,
  markRemoving,
  removeData,
  retireLookup,
} from './removal.ts';
import type { Session } from './session.ts';
import { relieve } from './telling.ts';

/** The answer that teaches whom a relation is served as. */
const taught = (granted: Granted) => ({ label: 'done', learned: { granted } });

/** How each request of PgBouncer's charts is carried out. */
export const perform: Perform<PgbouncerWords, Session> = {
  BackendReady: (session) => session.backendReady(),
  Leader: (session) => session.leads(),
  BackendReadyAndLeader: async (session) => session.leads() && (await session.backendReady()),
  UnitDeparting: ({ juju }, { departingUnit }) => departingUnit === juju.name,
  DepartingFlagged: async (session) => (await session.fate()) === 'leaves',
  CertificateWanted: ({ certificates }) => certificates.isWanted(),
  CertificateAsked: ({ certificates }) => certificates.isAsked(),
  CertificateRevoked: ({ certificates }) => certificates.isRevoked(),
  RequestCertificate: ({ certificates }) => certificates.ask(),
  TakeCertificate: ({ certificates }) => certificates.take(),
  ForgetCertificate: ({ certificates }) => certificates.forget(),
  DeleteKey: ({ certificates }) => certificates.deleteKey(),
  GetUser: (session, { relation }) => readRequest(session, relation).then(taught),
  RenewPassword: (session, { relation }) => renewPassword(session, relation).then(taught),
  CreateUserAndDatabase: (session, command) => createUserAndDatabase(session, command).then(taught),
  AddUser: addUser,
  UpdatePgbouncer: updatePgbouncer,
  UpdateDatabag: updateDatabag,
  UpdateConnectionInfo: (session, { relation }) => updateReadable(session, relation),
  AddDepartingFlag: (session, { relation }) => addFlag(session, relation),
  RemoveData: (session, { relation }) => removeData(session, relation),
  DeleteUser: async (session, { relation }) => {
    await deleteUser(session, relation);
  },
  ConfigurePooler: ({ serving }) => serving.configure(),
  ConfirmServing: ({ serving }) => serving.confirm(),
  UpdateConnections: updateConnections,
  AuditBackend: async (session) => ({
    label: 'done',
    learned: { audit: await auditBackend(session) },
  }),
  ForgetDepartingFlag: (session, { relation }) => forgetFlag(session, relation),
  MarkRemoving: async (session, { relation }) => {
    await markRemoving(session, relation);
  },
  FinishRemoval: (session, { relation }) => finishRemoval(session, relation),
  DeleteStrayRole: (session, { relation, user }) => deleteStrayRole(session, relation, user),
  WithdrawAnswer: (session, { relation }) => withdrawAnswer(session, relation),
  RecordRefusal: (session, { refusal }) => recordRefusal(session, refusal),
  ClearRefusal: (session, { relation }) => clearRefusal(session, relation),
  RelieveRequirer: (session, { relation }) => relieve(session, relation),
  RestoreGrant: (session, { relation }) => restoreGrant(session, relation),
  MoveConnectionInfo: (session, { relation }) => updateConnectionInfo(session, relation),
  RetireLookup: retireLookup,
};
