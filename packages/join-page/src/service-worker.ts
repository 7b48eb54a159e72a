// Keeps the page's files, so that it opens without a connection. With another version the browser
// installs all files anew.

/** Written in front of this script once the files are made: see infra/bundle-join-page.mjs. */
declare const BUILT: { readonly version: string; readonly files: readonly string[] };

/** What service workers have besides what pages have. */
interface ServiceWorkerEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchingEvent extends ServiceWorkerEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
declare const clients: { claim(): Promise<void> };
declare const skipWaiting: () => Promise<void>;

const PREFIX = "join-page-files-";
const KEPT = PREFIX + BUILT.version;

const listen = <Kind extends ServiceWorkerEvent>(
  type: string,
  handle: (event: Kind) => void,
): void => addEventListener(type, (event) => handle(event as Kind));

listen("install", (event) => {
  const install = async (): Promise<void> => {
    const cache = await caches.open(KEPT);
    await cache.addAll([...BUILT.files]);
    await skipWaiting();
  };
  event.waitUntil(install());
});

listen("activate", (event) => {
  const dropOld = async (): Promise<void> => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith(PREFIX) && name !== KEPT);
    await Promise.all(old.map((name) => caches.delete(name)));
    await clients.claim();
  };
  event.waitUntil(dropOld());
});

listen<FetchingEvent>("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || request.url.endsWith("/tasks.json")) return;
  const answer = async (): Promise<Response> => {
    const kept = await caches.open(KEPT);
    return (await kept.match(request, { ignoreSearch: true })) ?? fetch(request);
  };
  event.respondWith(answer());
});
