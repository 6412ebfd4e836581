/** A charm of somebody who knows nothing but the package's doors: a page for whoever asks for one. */
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { defineCharm, halt, handlers, type JujuEvent, vocabulary } from '../../../src/index.ts';
import type { Whereabouts } from '../../../src/juju/index.ts';

interface Ask<Name> {
  readonly _tag: Name;
  readonly relation: number;
}

interface Words {
  readonly question: { readonly _tag: 'Leader' } | Ask<'TitleGiven'>;
  readonly command:
    | { readonly _tag: 'MakeFolder' }
    | Ask<'WritePage'>
    | Ask<'PublishPage'>
    | Ask<'RemovePage'>;
  readonly learned: Record<never, never>;
  readonly event: JujuEvent;
}

interface Pages {
  readonly pages: {
    readonly make: () => void;
    readonly write: (relation: number, title: string) => Promise<void>;
    readonly remove: (relation: number) => void;
  };
}

const { hook, nothingLearned, asks, question, step, terminal, returns, defers, fails, onFailure } =
  vocabulary<Words>({ learned: {} });

const about = { context: nothingLearned, initial: 'hook_fired', on: onFailure } as const;

const install = hook.createMachine({
  ...about,
  id: 'install',
  states: {
    hook_fired: {
      meta: terminal('install Hook'),
      on: { start: { target: 'make_folder', actions: 'learn' } },
    },
    make_folder: {
      meta: step('Make the folder'),
      entry: asks(() => ({ _tag: 'MakeFolder' })),
      on: { done: 'rtn' },
    },
    rtn: returns,
    failed: fails,
  },
});

const asked = hook.createMachine({
  ...about,
  id: 'page-asked',
  states: {
    hook_fired: {
      meta: terminal('page-relation-changed Hook'),
      on: { start: { target: 'is_title_given', actions: 'learn' } },
    },
    is_title_given: {
      meta: question('Is a title given?'),
      entry: asks(({ event }) => ({ _tag: 'TitleGiven', relation: event?.relation ?? -1 })),
      on: { yes: 'write_page', no: 'defer' },
    },
    defer: defers,
    write_page: {
      meta: step('Write the page'),
      entry: asks(({ event }) => ({ _tag: 'WritePage', relation: event?.relation ?? -1 })),
      on: { done: 'is_leader' },
    },
    is_leader: {
      meta: question('Is this unit the leader?'),
      entry: asks(() => ({ _tag: 'Leader' })),
      on: { yes: 'publish', no: 'rtn' },
    },
    rtn: returns,
    publish: {
      meta: step('Say where it is'),
      entry: asks(({ event }) => ({ _tag: 'PublishPage', relation: event?.relation ?? -1 })),
      on: { done: 'rtn2' },
    },
    rtn2: returns,
    failed: fails,
  },
});

const left = hook.createMachine({
  ...about,
  id: 'page-left',
  states: {
    hook_fired: {
      meta: terminal('page-relation-broken Hook'),
      on: { start: { target: 'remove_page', actions: 'learn' } },
    },
    remove_page: {
      meta: step('Remove the page'),
      entry: asks(({ event }) => ({ _tag: 'RemovePage', relation: event?.relation ?? -1 })),
      on: { done: 'rtn' },
    },
    rtn: returns,
    failed: fails,
  },
});

export const charm = defineCharm({
  name: 'a-website',
  machines: { install, 'page-asked': asked, 'page-left': left },
  events: {
    install: 'install',
    'page-relation-changed': 'page-asked',
    'page-relation-broken': 'page-left',
  },
  learned: v.object({}),
  endpoints: { peers: 'siblings', serves: 'page', requires: 'store' },
  perform: handlers<Words, Pages>({
    Leader: ({ juju }) => juju.leader(),
    TitleGiven: async ({ juju }, { relation }) => (await juju.remote(relation)).title !== undefined,
    MakeFolder: ({ pages }) => pages.make(),
    WritePage: async ({ juju, pages }, { relation }) => {
      const { title = '' } = await juju.remote(relation);
      if (title === 'a defect') throw new TypeError('a title of two words');
      if (title.length > 40) halt({ _tag: 'TitleTooLong', class: 'refused', why: 'say it in 40' });
      await pages.write(relation, title);
    },
    PublishPage: async ({ juju }, { relation }) => {
      const endpoint = await juju.endpoint();
      if (endpoint === null) halt({ _tag: 'AddressUnknown', class: 'unavailable' });
      juju.publish(relation, { url: `http://${endpoint}/${relation}` });
    },
    RemovePage: ({ pages }, { relation }) => pages.remove(relation),
  }),
});

export const port = 8080;

export const ports = ({ variables, config }: Whereabouts) => {
  const { PAGES: folder = '/srv/pages' } = variables;
  const fileOf = (relation: number) => join(folder, `${relation}.html`);
  writeFileSync(`${folder}.lock`, '');
  appendFileSync(`${folder}.opened`, 'once\n');
  return {
    pages: {
      make: () => void mkdirSync(folder),
      write: async (relation: number, title: string) => {
        const { greeting } = await config();
        writeFileSync(fileOf(relation), `${greeting} ${title}\n`);
      },
      remove: (relation: number) => rmSync(fileOf(relation), { force: true }),
    },
    close: () => rmSync(`${folder}.lock`),
  };
};
