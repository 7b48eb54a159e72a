/** Which shelf to open. */
export interface ShelfRequest {
  /** The name of the store. */
  readonly name: string;
  /** The folder in which stores lie, each in a folder of its own. Node only. */
  readonly directory?: string | undefined;
}
