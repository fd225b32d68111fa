import type { Logger } from '../../core/ports/logger.ts';
import type { YamlCodec } from '../../core/ports/yaml-codec.ts';
import { fromPlain, YamlFloat } from '../../core/config/yaml-value.ts';
import type { PlainValue, YamlMap, YamlValue } from '../../core/config/yaml-value.ts';
import type { JobArchive } from '../archive/job-archive.ts';
import type { Mask } from '../archive/mask.ts';
import type { Summary } from '../engine/summary.ts';
import { createDocumentFile } from './document-file.ts';

/** The files that a job keeps about itself. None of them can fail the job: trouble is warned of once. */
export interface JobFiles {
  put(path: string, text: string): Promise<void>;
  putYaml(path: string, value: YamlValue): Promise<void>;
  /** Adds keys to info.yaml, which is written again soon. */
  addInfo(entries: Readonly<Record<string, PlainValue>>): void;
  /** Resolves when info.yaml has all of its keys, or could not be written. */
  settled(): Promise<void>;
}

/** Writes into the job's folder with secrets hidden; does nothing when there is no archive. */
export function createJobFiles(params: {
  archive: JobArchive | null;
  yaml: YamlCodec;
  mask: Mask;
  log: Logger;
}): JobFiles {
  const info = new Map<string, YamlValue>();
  let warned = false;
  const files: JobFiles = {
    async put(path, text) {
      try {
        await params.archive?.put(path, text);
      } catch (error) {
        if (!warned) params.log.warn(`${path} cannot be written to the archive: ${String(error)}`);
        warned = true;
      }
    },
    putYaml: (path, value) => files.put(path, params.yaml.print(params.mask.value(value))),
    addInfo(entries) {
      for (const [key, value] of Object.entries(entries)) info.set(key, fromPlain(value));
      infoFile.changed();
    },
    settled: () => infoFile.settled(),
  };
  const infoFile = createDocumentFile({
    write: () => files.putYaml('info.yaml', info),
    warn: (message) => params.log.warn(message),
  });
  return files;
}

/** The summary as summary.yaml has it: keys in order, and a duration that reads back as a float. */
export function summaryDocument(summary: Summary): YamlMap {
  const keys = Object.keys(summary)
    .filter((key) => summary[key] !== undefined)
    .sort();
  return new Map(
    keys.map((key) => [key, key === 'duration' ? float(summary[key]) : fromPlain(summary[key])]),
  );
}

function float(value: PlainValue | undefined): YamlValue {
  return Number.isInteger(value) ? new YamlFloat(value as number) : fromPlain(value);
}
