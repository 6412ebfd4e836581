/** Charms in any language, in a folder, on the simulated Juju. */
export { ModelFolder } from './by-hand/kept.ts';
export { levels, logText } from './by-hand/log.ts';
export { HandModel, type HandRun } from './by-hand/model.ts';
export { type Named, type Pair, pairsOf, relationBetween } from './by-hand/relating.ts';
export { asYaml, configShown, secretOf, secretsShown, unitShown } from './by-hand/shown.ts';
export { statusOf, statusText, table } from './by-hand/status.ts';
export { type CharmOption, describeCharm } from './description.ts';
export { type AskedFor, type ForeignCharm, openForeignCharm } from './foreign-charm.ts';
export type { Oracle } from './oracles.ts';
export { asksAndReads, charmAsOtherSide, type OtherSide, otherSideIn } from './other-side.ts';
export { oraclesIn } from './own-oracles.ts';
export { refusalOf, withPart } from './parameters.ts';
export { StoryRecorder } from './recording.ts';
export {
  type ForeignFailure,
  type Phase,
  replayForeign,
  soakForeign,
} from './soak.ts';
export { linesOf, parseStory, type Story, wholeStoryOf } from './story.ts';
export { checksFail, checksRecover, restarts } from './workload-events.ts';
