import { YamlError } from '../../core/config/yaml-error.ts';
import { compose } from './compose.ts';
import { construct } from './construct.ts';
import { printYaml } from './print.ts';
import { UnreadableError, readEvents } from './read-events.ts';
import { refuseControlCharacters, refuseTabs } from './stray-characters.ts';
import { YamlFault } from './yaml-node.ts';
import type { YamlCodec } from '../../core/ports/yaml-codec.ts';
import type { YamlValue } from '../../core/config/yaml-value.ts';
import type { ReadEvents } from './read-events.ts';

/** What one document may cost: far above any job, far below what would hurt. */
const maxCharacters = 16 * 1024 * 1024;
const maxValues = 1_000_000; // with aliases written out

/** YAML as PyYAML's safe_load and safe_dump know it. Both are synchronous; parsing takes about 0.2 s for a megabyte. */
export const pyYaml: YamlCodec = { parse: parseYaml, print: printYaml };

function parseYaml(given: string, file?: string): YamlValue {
  const name = file ?? null;
  if (given.length > maxCharacters) {
    const reason = `${given.length} characters are more than the ${maxCharacters} that are read`;
    throw new YamlError({ file: name, line: 1, column: 1, reason, lineText: '' });
  }
  let read: Pick<ReadEvents, 'text' | 'added'> = { text: given, added: new Map() };
  try {
    refuseControlCharacters(given);
    const { text, events } = (read = readEvents(given));
    refuseTabs(text, events);
    const root = compose(text, events, maxValues);
    return root === null ? null : construct(root);
  } catch (error) {
    if (error instanceof UnreadableError) throw located(error, error, name);
    throw error instanceof YamlFault ? located(error, read, name) : error;
  }
}

function located(
  fault: YamlFault | UnreadableError,
  { text, added }: Pick<ReadEvents, 'text' | 'added'>,
  file: string | null,
): YamlError {
  const before = text.slice(0, fault.at).split(/\r\n|\r|\n/);
  const width = before.at(-1)?.length ?? 0;
  const line = before.length;
  const lineText = /^[^\r\n]*/.exec(text.slice(fault.at - width))?.[0] ?? '';
  return new YamlError({
    file,
    line,
    column: width - (added.get(line - 1) ?? 0) + 1,
    reason: fault.message,
    lineText,
    cause: fault,
  });
}
