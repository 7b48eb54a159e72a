/** One SQL file of drizzle-kit: statements between its breakpoint comments. */
export interface Migration {
  /** The file's name without `.sql`; written down in the database when it has been applied. */
  readonly name: string;
  readonly sql: string;
}
