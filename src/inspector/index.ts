/**
 * What runs look like: a feed in the protocol of @statelyai/inspect, recordings, the page.
 *
 * @module hookchart/inspect
 */
export {
  type Attributes,
  type SeenOfHook,
  type TraceOptions,
  type TraceWatch,
  traced,
} from '../tracing/index.ts';
export { Collector } from './collect.ts';
export { definitionOf } from './definition.ts';
export { feedOf } from './feed.ts';
export { type Hub, type HubOptions, openHub } from './hub.ts';
export { recordingPage } from './page-file.ts';
export { parseRecording } from './parse-recording.ts';
export {
  type ActorMessage,
  type Envelope,
  type EventMessage,
  type InspectionEvent,
  protocolVersion,
  type Signal,
  type Snapshot,
  type SnapshotMessage,
} from './protocol.ts';
export {
  type NoteDetails,
  type Observer,
  type Recordable,
  Recorder,
  type RecorderOptions,
  type Send,
} from './recorder.ts';
export {
  type Definition,
  type Entry,
  emptyRecording,
  type HookEntry,
  type NoteEntry,
  type RecordedAnswer,
  type RecordedCharm,
  type RecordedChart,
  type RecordedEnd,
  type RecordedStep,
  type RecordedWork,
  type Recording,
  type Said,
  type Seen,
  type Violated,
} from './recording.ts';
export type { ChangedFile, Seeable, TellingAdapters } from './recording-adapters.ts';
export {
  mermaidOf,
  relationsIn,
  type Sequence,
  type SequenceLine,
  sequenceOf,
} from './sequence.ts';
export { recordedCharm, recordReplay } from './simulated.ts';
export { type SocketFeed, socketFeed } from './socket.ts';
export { tellEntry } from './text.ts';
