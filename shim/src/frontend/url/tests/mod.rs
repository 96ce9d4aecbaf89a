mod anything;
mod cors;
mod event;
mod kit;
mod prelude;
mod response;
mod route;
