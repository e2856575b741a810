//! Feeds: calendars and itineraries, the rules as tables and properties, the calls over a real socket.
//!
//! That other programs can read a calendar is shown by tests/python/story.py with a parser that isn't ours.

mod calendars;
mod itineraries;
mod rules;
