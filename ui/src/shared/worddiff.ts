/** Which words differ between two texts. */

export interface IPiece {
  kind: 'same' | 'del' | 'ins';
  text: string;
}

const MOST = 1500;

/** A word diff; texts beyond 1,500 words are compared as a whole. */
export function wordDiff(before: string, after: string): IPiece[] {
  const [left, right] = [words(before), words(after)];
  if (left.length > MOST || right.length > MOST) {
    return before === after ? [{ kind: 'same', text: before }] : [{ kind: 'del', text: before }, { kind: 'ins', text: after }];
  }
  return joined(walk(left, right, lengths(left, right)));
}

function words(text: string): string[] {
  return text.match(/\s+|[^\s]+/g) ?? [];
}

/** Longest common subsequence, from the ends. */
function lengths(left: string[], right: string[]): Uint16Array[] {
  const table = Array.from({ length: left.length + 1 }, () => new Uint16Array(right.length + 1));
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      table[i]![j] = left[i] === right[j] ? table[i + 1]![j + 1]! + 1 : Math.max(table[i + 1]![j]!, table[i]![j + 1]!);
    }
  }
  return table;
}

function walk(left: string[], right: string[], table: Uint16Array[]): IPiece[] {
  const pieces: IPiece[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) {
      pieces.push({ kind: 'same', text: left[i]! });
      i += 1;
      j += 1;
    } else if (j >= right.length || (i < left.length && table[i + 1]![j]! >= table[i]![j + 1]!)) {
      pieces.push({ kind: 'del', text: left[i]! });
      i += 1;
    } else {
      pieces.push({ kind: 'ins', text: right[j]! });
      j += 1;
    }
  }
  return pieces;
}

function joined(pieces: IPiece[]): IPiece[] {
  const out: IPiece[] = [];
  for (const piece of pieces) {
    const last = out[out.length - 1];
    if (last?.kind === piece.kind) {
      last.text += piece.text;
    } else {
      out.push({ ...piece });
    }
  }
  return out;
}
