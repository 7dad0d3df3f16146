/** Places of compiled code in their original files, through a source map. */
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import type { SourceMapInput } from '@jridgewell/trace-mapping';
import type { SourcePosition } from './pass.ts';

/** A reader for one source map; where the map says nothing it returns null. */
export function positionReader(map: SourceMapInput): (line: number, column: number) => SourcePosition | null {
  const trace = new TraceMap(map);
  return (line, column) => {
    const original = originalPositionFor(trace, { line, column });
    return original.line === null ? null : { line: original.line, column: original.column };
  };
}
