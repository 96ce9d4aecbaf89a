mod anything;
mod cors;
mod event;
mod gateway;
mod kit;
mod prelude;
mod response;
mod route;
