/** Text that goes into a command line as it is, unquoted. */
export class Raw {
  readonly value: string;
  constructor(value: string) {
    this.value = value;
  }
}

const safeWord = /^[\w@%+=:,./-]+$/;

/** One word for a POSIX shell: unchanged when it is safe, else in single quotes. */
export function quoteWord(word: string): string {
  if (word === '') return "''";
  return safeWord.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

/** A command line for a POSIX shell. A string is one already; the words of a list are quoted and joined. */
export function quoteCommand(command: string | readonly (string | Raw)[]): string {
  if (typeof command === 'string') return command;
  return command
    .map((word, index) => {
      if (word instanceof Raw) return word.value;
      if (typeof word !== 'string')
        throw new TypeError(`Argument at position ${index} is ${word}: ${JSON.stringify(command)}`);
      return quoteWord(word);
    })
    .join(' ');
}
