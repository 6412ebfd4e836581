/** A hook tool that did not do what it was called for. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  readonly tool: string;
  /** 2 for bad arguments, an unknown relation among them; 1 where the tool ran and failed. */
  readonly exitCode: 1 | 2;
  constructor(tool: string, exitCode: 1 | 2, why: string) {
    super(`ERROR ${why}`);
    this.tool = tool;
    this.exitCode = exitCode;
  }
}
