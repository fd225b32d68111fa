import type { YamlValue } from '../config/yaml-value.ts';

/** The PyYAML-faithful reader and printer, as the core sees it. */
export interface YamlCodec {
  /** One document; empty text gives null. Throws YamlError with the line where the text breaks; `file` names it in the message. */
  parse(text: string, file?: string): YamlValue;
  /** Block style, keys in map order; what PyYAML reads back as the same value. */
  print(value: YamlValue): string;
}
