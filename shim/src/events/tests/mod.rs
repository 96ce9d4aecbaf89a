//! Events from acceptance to their end.

mod destinations;
mod end;
mod retries;
