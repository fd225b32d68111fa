import {
  DeleteObjectsCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { _Object, S3Client } from '@aws-sdk/client-s3';

export interface Bucket {
  readonly client: S3Client;
  readonly name: string;
}

/** The parts of `PATH` are `PATH.loligo-parts/NAME`, and their names sort in the order in which they were appended. */
export const partsSuffix = '.loligo-parts';

/** The metadata by which an object says that parts up to that name are older than itself. */
export const appendsAfter = 'loligo-appends-after';

/** The metadata of an object that was made of the parts of its file, and so begins as they did. */
export const madeOfParts = 'loligo-made-of-parts';

/** The metadata of an object that is stored with gzip: how many bytes its file has. */
export const unpackedSize = 'loligo-unpacked-size';

/** How much the clocks of two machines of AWS may differ, with room. */
const clockSkewMs = 1000;

/** An object that holds some of a file. */
export interface Piece {
  readonly key: string;
  readonly name: string; // of the part
  readonly size: number; // of what it holds of the file
  readonly packed: boolean; // stored with gzip
  readonly etag: string | null; // of an object that may be replaced; parts are not
  readonly modifiedAt: number; // epoch ms
}

export interface FoundFile {
  readonly size: number;
  readonly modifiedAt: number; // epoch ms
  readonly pieces: readonly Piece[]; // in order; the object of the file itself has no name
  readonly merged: boolean; // what was in parts is in the object of the file now, in the same order
  readonly etag: string | null; // of the object of the file; null = there is none
}

export interface PartWriter {
  /** Puts what is appended, one part at a time for each file; see `Archive.append`. */
  append(key: string, bytes: Uint8Array): Promise<void>;
  /**
   * The name up to which parts of a file are older than what is put now, without asking the bucket: all of this process, and
   * those of others but for what their clocks may be behind, since nothing that is appended after a put may be taken for older.
   */
  olderThanNow(key: string): string;
}

/** Cost: one PutObject a part, and nothing to find out what is older. */
export function partWriter(bucket: Bucket): PartWriter {
  const files = new Map<string, { pending: Uint8Array[]; next: Promise<void> | null; last: Promise<void> }>();
  const written = new Set<string>();
  const nextName = partNames();
  const append: PartWriter['append'] = async (key, bytes) => {
    const file = files.get(key) ?? { pending: [], next: null, last: Promise.resolve() };
    files.set(key, file);
    file.pending.push(bytes);
    if (file.next === null) {
      const before = file.last;
      const next = before
        .catch(() => undefined)
        .then(async () => {
          const Body = Buffer.concat(file.pending);
          file.pending = [];
          file.next = null;
          remember(written, key);
          const Key = `${key}${partsSuffix}/${nextName()}`;
          await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body }));
        });
      file.next = next;
      file.last = next;
      const forget = () => {
        if (file.last === next) files.delete(key);
      };
      next.then(forget, forget);
    }
    return file.next;
  };
  return {
    append,
    olderThanNow: (key) => (written.has(key) ? nextName() : nameAt((Date.now() - clockSkewMs) * 1000)),
  };
}

/** Keeps the last thousand: a process that lives long writes to the files of many jobs, one after the other. */
function remember(keys: Set<string>, key: string): void {
  keys.delete(key);
  keys.add(key);
  const [oldest = ''] = keys;
  if (keys.size > 1000) keys.delete(oldest);
}

function nameAt(microseconds: number): string {
  return String(microseconds).padStart(17, '0');
}

/** Names that grow: by the time, never back, and apart from those of another process in the same moment. */
function partNames(): () => string {
  const writer = crypto.randomUUID().slice(0, 8);
  let last = 0;
  return () => {
    last = Math.max(last + 1, Date.now() * 1000);
    return `${nameAt(last)}-${writer}`;
  };
}

/** The parts of a file behind a name, in order. One request for each thousand. */
export async function partsAfter(
  bucket: Bucket,
  { key, after }: { key: string; after: string },
): Promise<Piece[]> {
  const prefix = `${key}${partsSuffix}/`;
  const { objects } = await listObjects(bucket, { prefix, startAfter: `${prefix}${after}` });
  return objects.map((object) => ({ ...pieceOf(object), name: (object.Key ?? '').slice(prefix.length) }));
}

/** Takes away parts that are in no file any more. */
export async function deleteParts(bucket: Bucket, parts: readonly Piece[]): Promise<void> {
  for (let at = 0; at < parts.length; at += 1000) {
    const Objects = parts.slice(at, at + 1000).map(({ key }) => ({ Key: key }));
    await bucket.client.send(
      new DeleteObjectsCommand({ Bucket: bucket.name, Delete: { Objects, Quiet: true } }),
    );
  }
}

/**
 * A file and the objects that it consists of, or null. The parts are looked for first: whoever makes an object of them in that moment
 * takes them away after it is there, and it says which of them are in it.
 */
export async function foundFile(bucket: Bucket, key: string): Promise<FoundFile | null> {
  const parts = await partsAfter(bucket, { key, after: '' });
  return await withParts(bucket, { key, parts });
}

/** See foundFile; for who has looked for the parts before. One request. */
export async function withParts(
  bucket: Bucket,
  { key, parts }: { key: string; parts: readonly Piece[] },
): Promise<FoundFile | null> {
  const whole = await headOf(bucket, key);
  const pieces = whole === null ? parts : [whole, ...parts.filter(({ name }) => name > whole.after)];
  const last = pieces.at(-1);
  if (last === undefined) return null;
  const size = pieces.reduce((sum, piece) => sum + piece.size, 0);
  const { merged, etag } = whole ?? { merged: false, etag: null };
  return { size, modifiedAt: last.modifiedAt, pieces, merged, etag };
}

interface Whole extends Piece {
  readonly after: string;
  readonly merged: boolean;
}

/** The object of a file, or null. One request. */
export async function headOf(bucket: Bucket, key: string): Promise<Whole | null> {
  try {
    const head = await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: key }));
    const modifiedAt = head.LastModified?.getTime() ?? 0;
    const after = head.Metadata?.[appendsAfter] ?? '';
    const merged = head.Metadata?.[madeOfParts] !== undefined;
    const unpacked = head.ContentEncoding === 'gzip' ? head.Metadata?.[unpackedSize] : undefined;
    const packed = unpacked !== undefined;
    const size = packed ? Number(unpacked) : (head.ContentLength ?? 0);
    return { key, name: '', size, packed, modifiedAt, after, merged, etag: head.ETag ?? null };
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return null;
    throw error;
  }
}

/** Objects and folders below a prefix; without a delimiter all objects and no folder. */
export async function listObjects(
  bucket: Bucket,
  { prefix, startAfter, delimiter }: { prefix: string; startAfter?: string; delimiter?: string },
): Promise<{ objects: _Object[]; folders: string[] }> {
  const objects: _Object[] = [];
  const folders: string[] = [];
  let token: string | undefined;
  do {
    const page = await bucket.client.send(
      new ListObjectsV2Command({
        Bucket: bucket.name,
        Prefix: prefix,
        ...(startAfter !== undefined && { StartAfter: startAfter }),
        ...(delimiter !== undefined && { Delimiter: delimiter }),
        ...(token !== undefined && { ContinuationToken: token }),
      }),
    );
    objects.push(...(page.Contents ?? []));
    folders.push(...(page.CommonPrefixes ?? []).flatMap(({ Prefix }) => Prefix ?? []));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return { objects, folders };
}

export function pieceOf(object: _Object): Piece {
  const modifiedAt = object.LastModified?.getTime() ?? 0;
  return { key: object.Key ?? '', name: '', size: object.Size ?? 0, packed: false, etag: null, modifiedAt };
}
