/**
 * What names have in common that a person may take for the same: spaces, characters that cannot be
 * seen, and upper and lower case make no difference. It serves to say what was meant; names that
 * differ so are never taken for each other.
 */
export const foldedName = (name: string): string =>
  name
    .normalize("NFKC")
    .replaceAll(/[\s\p{Cf}]/gu, "")
    .toLowerCase();
