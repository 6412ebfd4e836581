/** Charms in any language, in a folder, on the simulated Juju. */
export { type ForeignCharm, openForeignCharm } from './foreign-charm.ts';
export { asksAndReads, charmAsOtherSide, type OtherSide, otherSideIn } from './other-side.ts';
export { StoryRecorder } from './recording.ts';
export {
  type ForeignFailure,
  replayForeign,
  soakForeign,
} from './soak.ts';
export { linesOf, parseStory, type Story } from './story.ts';
