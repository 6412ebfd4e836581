/** A project from a drawing: everything as text, and nothing written. */
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import { charmFile } from './charm-file.ts';
import { type DrawingProblem, drawnHooks } from './drawn-hooks.ts';
import { endpointsOf, metadataFile } from './endpoints.ts';
import { machineFile } from './machine-file.ts';
import {
  builtFile,
  checkedFile,
  ignoredFile,
  packageFile,
  readmeFile,
  type Versions,
} from './package-files.ts';
import { requestsOf } from './requests.ts';
import { mainFile, simulatedFile, simulatedTestFile } from './simulated-file.ts';
import { testFile } from './test-file.ts';
import { wordsFile } from './words-file.ts';

export type { DrawingProblem } from './drawn-hooks.ts';
export { isName } from './names.ts';

/** What a project is made of. */
export interface Drawn {
  /** Of the file that has the charts: one that ends in `.md` has them in its blocks. */
  readonly fileName: string;
  readonly text: string;
  /** What the charm and its package are called; `isName` holds. */
  readonly name: string;
  readonly versions: Versions;
}

/** The path of a file within the project, and what it says. */
export type ProjectFile = readonly [path: string, content: string];

/** The files of a project whose charts are the drawing's; the left says what the drawing lacks, and where. */
export const project = ({
  fileName,
  text,
  name,
  versions,
}: Drawn): E.Either<readonly DrawingProblem[], readonly ProjectFile[]> =>
  pipe(
    drawnHooks(fileName, text),
    E.bindTo('hooks'),
    E.bind('words', ({ hooks }) => requestsOf(hooks)),
    E.let('endpoints', ({ hooks }) => endpointsOf(hooks)),
    E.map(({ hooks, endpoints, words: { requests, tagAt } }): readonly ProjectFile[] => [
      ['package.json', packageFile(name, versions)],
      ['tsconfig.json', checkedFile()],
      ['tsconfig.build.json', builtFile()],
      ['.gitignore', ignoredFile()],
      ['README.md', readmeFile(name, hooks, requests, versions)],
      ['metadata.yaml', metadataFile(name, endpoints)],
      ['src/words.ts', wordsFile(requests)],
      ['src/charm.ts', charmFile(name, hooks, requests, endpoints.peers)],
      ['src/main.ts', mainFile()],
      ['src/simulated.ts', simulatedFile(name, endpoints)],
      ['test/simulated.test.ts', simulatedTestFile()],
      ...hooks.flatMap((drawnHook): ProjectFile[] => [
        [`charts/${drawnHook.hook}.mmd`, `${drawnHook.source.replace(/\n+$/, '')}\n`],
        [`src/machines/${drawnHook.hook}.ts`, machineFile(drawnHook, tagAt)],
        [`test/${drawnHook.hook}.test.ts`, testFile(drawnHook)],
      ]),
    ]),
  );
