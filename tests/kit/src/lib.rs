//! Drives the real shim binary over real sockets.
