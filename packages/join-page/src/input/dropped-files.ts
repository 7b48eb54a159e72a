/** The files of a drop; those of folders too, with `webkitRelativePath` set as a chosen folder has it. */
export async function droppedFiles(items: DataTransferItemList): Promise<readonly File[]> {
  // The list is empty once the event has been handled, so that all entries are taken first.
  const entries = Array.from(items, (item) => item.webkitGetAsEntry()).filter((e) => e !== null);
  return (await Promise.all(entries.map(filesIn))).flat();
}

async function filesIn(entry: FileSystemEntry): Promise<readonly File[]> {
  if (entry instanceof FileSystemFileEntry) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    const path = entry.fullPath.replace(/^\//, "");
    Object.defineProperty(file, "webkitRelativePath", { value: path.includes("/") ? path : "" });
    return [file];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const files: File[] = [];
  // A reader gives a part of a large folder at a time, and nothing at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return files;
    files.push(...(await Promise.all(some.map(filesIn))).flat());
  }
}
