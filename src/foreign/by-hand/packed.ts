/** Plain data that has files in it, as JSON, which knows neither bytes nor trees. */
import { FileTree } from '../pebble/file-tree.ts';
import { Files } from '../unit-files.ts';

/** What JSON has not: each as an object of one key that begins so. */
const bytes = '$bytes';
const files = '$files';
const tree = '$tree';

/** The same value as what JSON has; `unpacked` makes it of that again. */
export function packed(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return { [bytes]: value.toString('base64') };
  if (value instanceof Files) return { [files]: packed([...value.entries()]) };
  if (value instanceof FileTree) return { [tree]: packed(value.parts()) };
  if (Array.isArray(value)) return value.map(packed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, packed(one)]));
}

export function unpacked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpacked);
  if (typeof value !== 'object' || value === null) return value;
  const [[key, held] = []] = Object.entries(value);
  if (key === bytes) return Buffer.from(String(held), 'base64');
  const entries = () => new Map(unpacked(held) as Iterable<readonly [string, never]>);
  if (key === files) return new Files(entries());
  if (key === tree) return FileTree.ofParts(unpacked(held) as ReturnType<FileTree['parts']>);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, unpacked(one)]));
}
