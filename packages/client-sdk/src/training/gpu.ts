// Finds out whether there is a GPU to train on, without loading tfjs.

/** Names of renderers that only imitate a GPU on the processor. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/**
 * Whether tfjs's `webgl` backend would compute on a GPU here. It needs WebGL 2 with float32
 * textures. A renderer that runs on the processor does not count, because the fused engine uses the
 * processor better.
 */
export function hasGpu(): boolean {
  const context = openCanvas()?.getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (context === null || context === undefined) return false;
  const names = context.getExtension("WEBGL_debug_renderer_info");
  const name: unknown = context.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER);
  const hasFloats = context.getExtension("EXT_color_buffer_float") !== null;
  // A page may have only a few contexts, and tfjs will need one of its own.
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return hasFloats && !SOFTWARE.test(String(name));
}

/** A canvas that is not shown; undefined where there is none, as in Node. */
function openCanvas(): OffscreenCanvas | HTMLCanvasElement | undefined {
  if (typeof OffscreenCanvas === "function") return new OffscreenCanvas(1, 1);
  return typeof document === "object" ? document.createElement("canvas") : undefined;
}
