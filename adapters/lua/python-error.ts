import { ScriptError } from '../../core/ports/merge-scripts.ts';

/** What Python raises when a script asks a document for something it does not have or cannot do. */
export function pythonError(originalError: string, message: string, cause?: unknown): ScriptError {
  return new ScriptError({ message: `${originalError}: ${message}`, originalError, cause });
}
