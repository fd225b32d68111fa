import { quoteWord } from '../remote/quote.ts';
import type { Random } from './random.ts';

export type OpName = 'read' | 'write' | 'append' | 'delete';

/** A piece of an object's content: a line that repeats until there are so many bytes. */
interface Piece {
  readonly line: string;
  readonly bytes: number;
}

/** One operation, as a shell command that fails when the cluster does not do what the model says. */
export interface Op {
  readonly name: OpName;
  readonly object: string;
  readonly shell: string;
}

/**
 * Draws operations on objects and keeps a model of what each object must hold. The same seed gives the same operations. `rados`
 * is how the client's commands begin.
 */
export function createOpMix(params: {
  random: Random;
  rados: string;
  prefix: string;
  objects: number;
  size: number; // bytes of a write at most
  weights: Readonly<Record<OpName, number>>;
}): () => Op {
  const { random, rados, weights } = params;
  const model = new Map<string, readonly Piece[]>();
  const names = Array.from({ length: params.objects }, (_, index) => `${params.prefix}.${index}`);
  let nth = 0;
  const draw = (): OpName => random.weighted(Object.entries(weights) as [OpName, number][]);
  const piece = (object: string): Piece => ({
    line: `${object} ${nth}`,
    bytes: 1 + Math.floor(random.next() * params.size),
  });
  return () => {
    nth += 1;
    const object = random.pick(names);
    const held = model.get(object);
    const drawn = draw();
    // What needs an object that is not there yet writes it instead.
    const name = held === undefined && drawn !== 'read' ? 'write' : drawn;
    const at = quoteWord(object);
    switch (name) {
      case 'read':
        return {
          name,
          object,
          shell: held === undefined ? `! ${rados} stat ${at} 2>/dev/null` : readShell(rados, at, held),
        };
      case 'delete':
        model.delete(object);
        return { name, object, shell: `${rados} rm ${at}` };
      case 'write':
      case 'append': {
        const added = piece(object);
        model.set(object, name === 'write' ? [added] : [...(held ?? []), added]);
        return {
          name,
          object,
          shell: `${contentOf([added])} | ${rados} ${name === 'write' ? 'put' : 'append'} ${at} -`,
        };
      }
    }
  };
}

function readShell(rados: string, at: string, held: readonly Piece[]): string {
  return `test "$(${rados} get ${at} - | md5sum)" = "$({ ${contentOf(held)}; } | md5sum)"`;
}

function contentOf(pieces: readonly Piece[]): string {
  return pieces.map(({ line, bytes }) => `yes ${quoteWord(line)} | head -c ${bytes}`).join('; ');
}
