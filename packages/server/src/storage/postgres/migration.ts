/** One SQL file of drizzle-kit: statements between its breakpoint comments. */
export interface Migration {
  /** The file's name without `.sql`. The database records it when the migration was applied. */
  readonly name: string;
  readonly sql: string;
}
