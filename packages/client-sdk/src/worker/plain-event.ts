import { fromPlain, toPlain, type PlainError } from "@tributary/protocol";
import type { ParticipationEvent } from "../participation/participation-event.ts";

/** An event as another thread can be sent it: errors lose their class on the way. */
export type PlainEvent = Plain<ParticipationEvent>;

type Plain<Event> = Event extends { readonly error: unknown }
  ? Omit<Event, "error"> & { readonly error: PlainError }
  : Event;

/** Makes an event one that structured cloning leaves as it is. */
export function plainEvent(event: ParticipationEvent): PlainEvent {
  return "error" in event ? { ...event, error: toPlain(event.error) } : event;
}

/** The event that `plainEvent` was given. */
export function revivedEvent(event: PlainEvent): ParticipationEvent {
  return "error" in event ? { ...event, error: fromPlain(event.error) } : event;
}
