/** One call of a hook tool. */
import { type HookTools, ToolError } from '../testing/index.ts';
import { shown } from './answers.ts';
import type { Arguments } from './arguments.ts';
import type { Sent } from './values.ts';

/** One call of a tool, where it came from, and what it works on. */
export interface Call extends Sent {
  readonly tool: string;
  readonly args: readonly string[];
}

/** What a call of a tool came to. */
export interface Answered {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The words of one call, as a tool asks for them. */
export class Words {
  readonly tool: string;
  readonly flags: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
  readonly #words: Arguments;
  readonly #tools: HookTools;

  constructor(tools: HookTools, tool: string, words: Arguments) {
    this.#tools = tools;
    this.#words = words;
    this.tool = tool;
    this.flags = words.flags;
    this.rest = words.rest;
  }

  has(flag: string): boolean {
    return this.flags.has(flag);
  }

  shown(value: unknown): string {
    return shown(this.tool, this.#words, value);
  }

  wrong(why: string): ToolError {
    return new ToolError(this.tool, 2, why);
  }

  /** The relation that is named, or else the hook's own. */
  relation(option = '-r'): number {
    const { hook, relations } = this.#tools.view;
    const given = this.flags.get('relation');
    if (given === undefined) {
      if (hook.relation !== undefined) return hook.relation;
      throw this.wrong('no relation id specified');
    }
    const id = Number(/^(?:[A-Za-z0-9-]+:)?(\d+)$/.exec(given)?.[1] ?? Number.NaN);
    const invalid = `invalid value "${given}" for option ${option}`;
    if (Number.isNaN(id)) throw this.wrong(`${invalid}: invalid relation id`);
    if (relations[id] === undefined) throw this.wrong(`${invalid}: relation not found`);
    return id;
  }
}

/** A tool that Juju has and the simulation has not, or that nobody has. */
export const unknownTool = (tool: string): ToolError =>
  new ToolError(tool, 1, `${tool} is not in the simulated Juju`);
