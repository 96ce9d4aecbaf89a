//~ the key `record` is taken
plugin_api::info! { "record": "handler" }

fn main() {}
