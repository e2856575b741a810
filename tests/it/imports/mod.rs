//! Imports: cells, encodings and headers as tables of cases, then whole files over the socket on both engines.
mod cells;
mod headers;
mod text;
