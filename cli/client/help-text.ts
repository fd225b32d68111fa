/** What stands at the end of the help of a word: examples with what they do, and what the exit status means. */
export function helpText(
  examples: readonly (readonly [command: string, does: string])[],
  exitStatus = '0 done, 1 refused, 2 no lab answers',
): string {
  const width = Math.max(...examples.map(([command]) => command.length));
  const lines = examples.map(([command, does]) => `  ${command.padEnd(width)}  ${does}`.trimEnd());
  return ['', 'Examples:', ...lines, '', `Exit status: ${exitStatus}.`].join('\n');
}
