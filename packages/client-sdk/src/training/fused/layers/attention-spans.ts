// What a causal mask hides is not multiplied: the moments of a sequence are cut into spans, and each
// span leaves out the moments that matter to none of its own.

/** The moments from `begin` up to `end`. To them, those of the other side `from`…`to` matter. */
export interface Span {
  readonly begin: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

/** Shorter spans would leave out more, in products that are too small to be fast. */
const SPAN_MOMENTS = 16;
/** Long sequences are cut into so many spans at most. */
const MAX_SPANS = 8;

/**
 * Cuts the queries into spans, with the keys that they see, and the keys, with the queries that see
 * them. Without a causal mask, and where queries and keys are not the same moments, one span has
 * everything.
 */
export function attentionSpans(
  moments: number,
  others: number,
  causal: boolean,
): { readonly ofQueries: readonly Span[]; readonly ofKeys: readonly Span[] } {
  if (!causal || moments !== others) {
    return {
      ofQueries: [{ begin: 0, end: moments, from: 0, to: others }],
      ofKeys: [{ begin: 0, end: others, from: 0, to: moments }],
    };
  }
  const length = Math.max(SPAN_MOMENTS, Math.ceil(moments / MAX_SPANS));
  const spans = Array.from({ length: Math.ceil(moments / length) }, (_, span) => ({
    begin: span * length,
    end: Math.min(moments, (span + 1) * length),
  }));
  return {
    ofQueries: spans.map((span) => ({ ...span, from: 0, to: span.end })),
    ofKeys: spans.map((span) => ({ ...span, from: span.begin, to: moments })),
  };
}
