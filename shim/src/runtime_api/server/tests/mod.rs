//! The server over real sockets, with the client of `runtime_api` as the other end.

mod answers;
mod kit;
mod refusals;
mod streams;
