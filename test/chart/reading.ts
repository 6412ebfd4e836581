/** What Mermaid has made of a text. */
export interface Reading {
  readonly source: string;
  /** Null where Mermaid refuses it, or draws what has no meaning here. */
  readonly chart: {
    readonly direction: string;
    readonly nodes: readonly {
      readonly id: string;
      readonly shape: string;
      readonly label: string;
    }[];
    readonly edges: readonly object[];
  } | null;
}
