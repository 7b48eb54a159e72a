/** A browser beside Chromium, as far as the tests drive it. */
export interface OtherBrowser {
  /**
   * Opens a page, and waits until its text is whole.
   * @param isWhole - What the text of a page that has done its work looks like.
   * @returns The text of the page's body.
   */
  textOf(url: string, isWhole: RegExp): Promise<string>;
  close(): Promise<void>;
}
