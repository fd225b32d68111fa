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

/** An object that holds some of a file. */
export interface Piece {
  readonly key: string;
  readonly name: string; // of the part
  readonly size: number;
  readonly modifiedAt: number; // epoch ms
}

export interface FoundFile {
  readonly size: number;
  readonly modifiedAt: number; // epoch ms
  readonly pieces: readonly Piece[]; // in order; the object of the file itself has no name
  readonly merged: boolean; // what was in parts is in the object of the file now, in the same order
}

/** Puts what is appended, one part at a time for each file; see `Archive.append`. */
export function partWriter(bucket: Bucket): (key: string, bytes: Uint8Array) => Promise<void> {
  const files = new Map<string, { pending: Uint8Array[]; next: Promise<void> | null; last: Promise<void> }>();
  const nextName = partNames();
  return async (key, bytes) => {
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
}

/** Names that grow: by the time, never back, and apart from those of another process in the same moment. */
function partNames(): () => string {
  const writer = crypto.randomUUID().slice(0, 8);
  let last = 0;
  return () => {
    last = Math.max(last + 1, Date.now() * 1000);
    return `${String(last).padStart(17, '0')}-${writer}`;
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
  const whole = await headOf(bucket, key);
  const pieces = whole === null ? parts : [whole, ...parts.filter(({ name }) => name > whole.after)];
  const last = pieces.at(-1);
  if (last === undefined) return null;
  const size = pieces.reduce((sum, piece) => sum + piece.size, 0);
  return { size, modifiedAt: last.modifiedAt, pieces, merged: whole?.merged ?? false };
}

async function headOf(
  bucket: Bucket,
  key: string,
): Promise<(Piece & { readonly after: string; readonly merged: boolean }) | null> {
  try {
    const head = await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: key }));
    const modifiedAt = head.LastModified?.getTime() ?? 0;
    const after = head.Metadata?.[appendsAfter] ?? '';
    const merged = head.Metadata?.[madeOfParts] !== undefined;
    return { key, name: '', size: head.ContentLength ?? 0, modifiedAt, after, merged };
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
  return { key: object.Key ?? '', name: '', size: object.Size ?? 0, modifiedAt };
}
