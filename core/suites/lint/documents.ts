import { YamlError } from '../../config/yaml-error.ts';
import type { SuiteSource } from '../../ports/suite-source.ts';
import type { YamlCodec } from '../../ports/yaml-codec.ts';
import { fragmentLoader } from '../fragments.ts';
import type { LoadedFragment } from '../fragments.ts';
import { readText } from './divisor.ts';
import { factsOf } from './fragment-facts.ts';
import type { FragmentFacts } from './fragment-facts.ts';
import { surveyYaml } from './survey.ts';
import type { YamlSurvey } from './survey.ts';
import type { ReadWritten } from './written-node.ts';

/** One text of the linted folder; links give it several paths. */
export interface LintDocument {
  readonly paths: string[]; // where it was met; the first one stands for it in findings
  readonly loaded: LoadedFragment;
  readonly survey: YamlSurvey | null; // null = it cannot be read
  readonly facts: FragmentFacts;
  readonly errorLine: number | null; // where reading broke
}

/** The documents of one call, each text read once. */
export interface Documents {
  at(path: string): LintDocument;
  all(): readonly LintDocument[];
}

export function documentReader(params: {
  source: SuiteSource;
  yaml: YamlCodec;
  readWritten: ReadWritten;
}): Documents {
  const byPath = new Map<string, LintDocument>();
  const byText = new Map<string, LintDocument>();
  const load = fragmentLoader(params.source, params.yaml);
  const read = (path: string): LintDocument => {
    const text = readText(params.source, path);
    const key = text === null ? `unreadable ${path}` : `text ${text}`;
    const before = byText.get(key);
    if (before !== undefined) {
      before.paths.push(path);
      return before;
    }
    const loaded = load({ path });
    const survey = text === null || isUnreadable(loaded) ? null : surveyYaml(text, params.readWritten);
    const document = { paths: [path], loaded, survey, facts: factsOf(loaded), errorLine: errorLine(loaded) };
    byText.set(key, document);
    return document;
  };
  return {
    at: (path) => {
      const known = byPath.get(path) ?? read(path);
      byPath.set(path, known);
      return known;
    },
    all: () => [...byText.values()],
  };
}

function isUnreadable(loaded: LoadedFragment): boolean {
  return loaded.kind === 'broken' && loaded.fault.cause !== undefined;
}

function errorLine(loaded: LoadedFragment): number | null {
  return loaded.kind === 'broken' && loaded.fault.cause instanceof YamlError ? loaded.fault.cause.line : null;
}
