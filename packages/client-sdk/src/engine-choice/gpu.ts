// Whether there is a GPU to train on, without loading tfjs.

/** Names under which processors pretend to be a GPU. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/**
 * Whether tfjs's `webgl` backend would compute on a GPU here: WebGL 2 with float32 textures, and not drawn by the processor, which
 * the fused trainer puts to better use.
 */
export function hasGpu(): boolean {
  const context = openCanvas()?.getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (context === null || context === undefined) return false;
  const names = context.getExtension("WEBGL_debug_renderer_info");
  const name: unknown = context.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER);
  const hasFloats = context.getExtension("EXT_color_buffer_float") !== null;
  // Browsers allow a page few contexts: tfjs will want one of its own.
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return hasFloats && !SOFTWARE.test(String(name));
}

/** A surface to draw on that is not shown; `undefined` where there is none, as in Node. */
function openCanvas(): OffscreenCanvas | HTMLCanvasElement | undefined {
  if (typeof OffscreenCanvas === "function") return new OffscreenCanvas(1, 1);
  return typeof document === "object" ? document.createElement("canvas") : undefined;
}
