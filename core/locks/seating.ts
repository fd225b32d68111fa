/** Nodes that no wish can tell apart, as many kinds of them as there are. */
export interface Supply {
  readonly counts: ArrayLike<number>; // by kind, how many nodes there are
  readonly types: ArrayLike<number>; // by kind, the number of its machine type
  readonly caps: ArrayLike<number> | null; // by type, how many nodes may be taken; null = any number
}

/** For each place of a job the kinds that fit it. */
export type Fits = readonly (readonly number[])[];

/** Every place has a kind. */
export interface Seating {
  readonly kind: 'seated';
  readonly kindOf: readonly number[]; // by place
  /**
   * Says that one more node of a kind is to be among those taken, and moves places around for it; false = that cannot be, and never
   * will. Nodes that were promised so before stay. Where types have caps it may say false though there is a way.
   */
  promise(kind: number): boolean;
}

/** There is no way; the places named have fewer nodes that fit them than they are. */
export interface Unseated {
  readonly kind: 'short';
  readonly places: readonly number[];
}

/**
 * Finds a kind of node for each place, so that none is taken more often than it is there, by augmenting paths: when there is a way, it is
 * found. Costs for each place at most a look at every other place and every kind that fits it.
 */
export function seat(fits: Fits, supply: Supply): Seating | Unseated {
  const table = newTable(fits, supply);
  for (const place of fits.keys()) {
    const short = seatOne(table, place);
    if (short !== null) return { kind: 'short', places: short.sort((a, b) => a - b) };
  }
  const promised = new Map<number, number>();
  return {
    kind: 'seated',
    kindOf: table.kindOf,
    promise: (kind) => promiseOne(table, promised, kind),
  };
}

interface Table extends Supply {
  readonly fits: Fits;
  readonly kindOf: number[]; // by place; -1 = none yet
  readonly used: Map<number, number>; // by kind
  readonly usedOfType: Map<number, number>;
}

function newTable(fits: Fits, supply: Supply): Table {
  return { ...supply, fits, kindOf: fits.map(() => -1), used: new Map(), usedOfType: new Map() };
}

const at = (counts: ReadonlyMap<number, number>, key: number): number => counts.get(key) ?? 0;

function typeOf({ types }: Table, kind: number): number {
  return types[kind] ?? -1;
}

function hasNode({ counts, used }: Table, kind: number): boolean {
  return at(used, kind) < (counts[kind] ?? 0);
}

function mayHaveType({ caps, usedOfType }: Table, type: number): boolean {
  return caps === null || at(usedOfType, type) < (caps[type] ?? 0);
}

function move(table: Table, place: number, kind: number): void {
  const { kindOf, used, usedOfType } = table;
  const old = kindOf[place] ?? -1;
  for (const [from, more] of [[old, -1] as const, [kind, 1] as const]) {
    if (from === -1) continue;
    used.set(from, at(used, from) + more);
    usedOfType.set(typeOf(table, from), at(usedOfType, typeOf(table, from)) + more);
  }
  kindOf[place] = kind;
}

/** Seats one more place; others may have to change for it. Null, or the places that stand in each other's way. */
function seatOne(table: Table, first: number): number[] | null {
  const reached = [first];
  const wants = new Map<number, { place: number; kind: number }>(); // who takes the kind of a place that goes away, and which
  const seenKinds = new Set<number>();
  for (const place of reached) {
    for (const kind of table.fits[place] ?? []) {
      if (seenKinds.has(kind)) continue;
      seenKinds.add(kind);
      if (hasNode(table, kind) && mayHaveType(table, typeOf(table, kind))) {
        moveAll(table, { place, kind }, wants);
        return null;
      }
      for (const other of inTheWay(table, kind)) {
        if (other === first || wants.has(other)) continue;
        wants.set(other, { place, kind });
        reached.push(other);
      }
    }
  }
  return reached;
}

/** The places of which one must go elsewhere before a kind can be had: those that have it, or its type when that is used up. */
function inTheWay(table: Table, kind: number): number[] {
  const type = typeOf(table, kind);
  const byType = hasNode(table, kind);
  return [...table.kindOf.keys()].filter((place) => {
    const had = table.kindOf[place] ?? -1;
    return had !== -1 && (byType ? typeOf(table, had) === type : had === kind);
  });
}

function moveAll(
  table: Table,
  last: { place: number; kind: number },
  wants: ReadonlyMap<number, { place: number; kind: number }>,
): void {
  for (let step: typeof last | undefined = last; step !== undefined;) {
    move(table, step.place, step.kind);
    step = wants.get(step.place);
  }
}

function promiseOne(table: Table, promised: Map<number, number>, wanted: number): boolean {
  const isSpare = (kind: number) => at(table.used, kind) > at(promised, kind);
  if (!isSpare(wanted) && !exchange(table, wanted, isSpare)) return false;
  promised.set(wanted, at(promised, wanted) + 1);
  return true;
}

/** Takes one more of a kind and one less of another that may be given up. */
function exchange(table: Table, wanted: number, isSpare: (kind: number) => boolean): boolean {
  if (!hasNode(table, wanted)) return false;
  const room = mayHaveType(table, typeOf(table, wanted));
  const wants = new Map<number, { place: number; kind: number } | null>([[wanted, null]]);
  const reached = [wanted];
  for (const kind of reached) {
    for (const [place, fitting] of table.fits.entries()) {
      const had = table.kindOf[place] ?? -1;
      if (wants.has(had) || !fitting.includes(kind)) continue;
      wants.set(had, { place, kind });
      if (isSpare(had) && (room || typeOf(table, had) === typeOf(table, wanted))) {
        for (let step = wants.get(had) ?? null; step !== null; step = wants.get(step.kind) ?? null)
          move(table, step.place, step.kind);
        return true;
      }
      reached.push(had);
    }
  }
  return false;
}
